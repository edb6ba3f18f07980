CREATE FUNCTION boon_code.hold_gift(
  g boon.gifts, p_held_by boon.gift_holder, p_at timestamptz, p_reason_code text, p_reason text, p_by text
) RETURNS boon.gifts LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.gifts SET status = 'held', held_from = g.status, held_by = p_held_by, held_at = p_at,
    hold_ends_at = p_at + (SELECT hold_at_most FROM boon.policies WHERE version = g.policy_version),
    reason_code = p_reason_code, reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.held', p_at);
  RETURN g;
END $$;
