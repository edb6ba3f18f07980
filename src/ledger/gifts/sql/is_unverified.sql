-- Whether an account may not give since its identity is not verified.
CREATE FUNCTION boon_code.is_unverified(p boon.policies, a boon.accounts, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p.identity_required AND (a.identity_verified_at IS NULL OR a.identity_verified_at > p_at)
$$;
