-- Ends a referral that ran out, at the moment at which it did. The caller has locked it.
CREATE FUNCTION boon_code.expire_referral(r boon.referrals) RETURNS boon.referrals LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET late_token_hash = coalesce(r.token_hash, r.late_token_hash), revived_at = NULL WHERE id = r.id RETURNING * INTO r;
  RETURN boon_code.end_referral(r, 'expired', r.expires_at, boon_code.ran_out_code(r), boon_code.ran_out_words(r), NULL, NULL);
END $$;
