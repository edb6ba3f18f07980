-- The rules that a referral was sent under.
CREATE FUNCTION boon_code.rules_of(r boon.referrals) RETURNS boon.program_rules LANGUAGE sql STABLE AS $$
  SELECT p FROM boon.program_rules p WHERE p.version = r.policy_version AND p.program = r.program
$$;
