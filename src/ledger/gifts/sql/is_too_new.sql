-- Whether an account is not old enough to give. One that was just made, by a clock that is ahead, is of no age.
CREATE FUNCTION boon_code.is_too_new(p boon.policies, a boon.accounts, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT a.created_at + p.min_account_age > greatest(p_at, a.created_at)
$$;
