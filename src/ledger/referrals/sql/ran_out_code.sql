-- Why an invitation that ran out has ended.
CREATE FUNCTION boon_code.ran_out_code(r boon.referrals) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN (r).joined_at IS NULL THEN 'not_used_in_time' ELSE 'not_qualified_in_time' END;
