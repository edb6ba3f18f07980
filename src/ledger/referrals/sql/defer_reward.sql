-- A reward that has to wait stays due, and says why.
CREATE FUNCTION boon_code.defer_reward(r boon.referrals, p_until timestamptz, p_reason_code text, p_detail text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET deferred_until = p_until, reason_code = p_reason_code, detail = p_detail WHERE id = r.id RETURNING * INTO r;
  PERFORM boon_code.emit_referral_event(r, 'referral.deferred', p_at);
END $$;
