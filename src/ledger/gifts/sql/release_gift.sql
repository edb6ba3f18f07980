-- A hold stopped the clock: what was left of it when the hold began is left when it ends.
CREATE FUNCTION boon_code.release_gift(g boon.gifts, p_released_by boon.gift_releaser, p_at timestamptz, p_reason text, p_by text)
RETURNS boon.gifts LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.gifts SET status = g.held_from, released_by = p_released_by,
    settles_at = g.settles_at + greatest(p_at - g.held_at, interval '0'),
    claim_expires_at = g.claim_expires_at + CASE WHEN g.held_from = 'awaiting_claim'
                                                 THEN greatest(p_at - g.held_at, interval '0') ELSE interval '0' END,
    held_at = NULL, hold_ends_at = NULL, reason_code = NULL, reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.released', p_at);
  RETURN g;
END $$;
