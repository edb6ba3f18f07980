-- Ends a referral without a reward. The caller has locked it.
CREATE FUNCTION boon_code.end_referral(
  r boon.referrals, p_status boon.referral_status, p_at timestamptz, p_reason_code text, p_detail text, p_reason text, p_by text
) RETURNS boon.referrals LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET status = p_status, ended_at = p_at, reason_code = p_reason_code, detail = p_detail, reason = p_reason,
    operated_by = p_by, deferred_until = NULL, token_hash = NULL, token_sealed = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon_code.emit_referral_event(r, 'referral.' || p_status, p_at);
  RETURN r;
END $$;
