-- Changes what is named of an account that is there; {} where there is none. An account is never deleted, so one that
-- is seen here is there.
CREATE FUNCTION boon_code.change_account(p_id text, p jsonb, p_at timestamptz) RETURNS jsonb LANGUAGE sql AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM boon.accounts a WHERE a.id = p_id) THEN boon_code.describe_account(p_id, p, p_at) ELSE '{}' END
$$;
