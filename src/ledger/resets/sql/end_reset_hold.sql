-- Moves a reset that is held for a gift on to `p_status`. One whose time has run out meanwhile is valid for a last day:
-- as long as a window that ends anyway would have made it useless. The caller has locked the accounts.
CREATE FUNCTION boon_code.end_reset_hold(g boon.gifts, p_status boon.reset_status, p_movement boon.reset_movement, p_at timestamptz)
RETURNS boon.resets LANGUAGE plpgsql AS $$
DECLARE
  r boon.resets;
BEGIN
  UPDATE boon.resets x SET status = p_status, expires_at = CASE WHEN x.expires_at > p_at THEN x.expires_at ELSE p_at + p.return_within END
    FROM boon.reset_rules p WHERE x.id = g.reset_id AND x.status = 'held' AND p.version = x.policy_version RETURNING x.* INTO STRICT r;
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, p_movement, g.id, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('reset.' || p_movement, r.id::text, ARRAY[r.account_id],
    jsonb_build_object('reset_id', r.id::text, 'gift_id', g.id, 'expires_at', r.expires_at), p_at);
  RETURN r;
END $$;
