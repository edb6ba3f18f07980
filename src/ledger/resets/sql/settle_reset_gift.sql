-- Settles a gift that is due and has passed its second screening.
CREATE FUNCTION boon_code.settle_reset_gift(g boon.gifts, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r boon.resets := boon_code.end_reset_hold(g, 'given', 'given', p_at);
BEGIN
  INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset)
    VALUES (g.recipient_id, 'available', 'gift', r.program, g.id, r.policy_version, p_at, r.expires_at, r.id) RETURNING * INTO r;
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, 'granted', g.id, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('reset.granted', r.id::text, ARRAY[r.account_id],
    jsonb_build_object('reset_id', r.id::text, 'source', 'gift', 'program', r.program, 'expires_at', r.expires_at, 'gift_id', g.id), p_at);
  UPDATE boon.gifts SET status = 'settled', settled_at = p_at, ended_at = p_at, reason_code = NULL, token_hash = NULL, token_sealed = NULL
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.settled', p_at);
END $$;
