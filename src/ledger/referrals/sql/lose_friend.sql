-- The friend came by another link before this one: takes them away from a referral that has not qualified. The caller has locked it.
CREATE FUNCTION boon_code.lose_friend(r boon.referrals) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM boon_code.end_referral(r, 'refused', r.joined_at, 'duplicate_referral', 'The friend used another invitation before.', NULL, NULL);
END $$;
