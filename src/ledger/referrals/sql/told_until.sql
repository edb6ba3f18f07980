-- Until when what happened before a referral's end may be told.
CREATE FUNCTION boon_code.told_until(r boon.referrals) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT r.expires_at + u.accept_late_for FROM boon.usage_rules u WHERE u.version = r.policy_version
$$;
