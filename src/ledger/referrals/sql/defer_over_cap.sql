-- Defers a reward that meets a full month until p_until, and says why.
CREATE FUNCTION boon_code.defer_over_cap(r boon.referrals, p_cap int, p_until timestamptz, p_detail text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET reward_due_at = p_until, cap_met = p_cap WHERE id = r.id RETURNING * INTO r;
  PERFORM boon_code.defer_reward(r, p_until, 'reward_cap_reached', p_detail, p_at);
END $$;
