-- Ends a gift without settling it: its slices go back to the very lots they came from, a banked reset is its owner's again, and
-- the sender's counters get the place back. `returned` tells what went into which lot; whoever calls decides what happens to it.
CREATE FUNCTION boon_code.end_gift(
  INOUT g boon.gifts, p_status boon.gift_status, p_phase boon.transfer_phase, p_at timestamptz,
  p_reason_code text, p_reason text, p_by text, OUT returned boon_code.slice[]
) LANGUAGE plpgsql AS $$
DECLARE
  moved bigint;
  balance bigint;
  rules boon.policies;
  s record;
  into_lot bigint;
BEGIN
  returned := '{}';
  IF g.reset_id IS NOT NULL THEN
    PERFORM boon_code.release_reset(g, p_at);
  ELSE
    SELECT * INTO STRICT rules FROM boon.policies p WHERE p.version = g.policy_version;
    -- What was not on hold of a lot that expired meanwhile is gone, whether or not that has been posted yet.
    PERFORM boon_code.post_expiry(ARRAY(SELECT e.lot_id FROM boon.entries e WHERE e.transfer = g.transfer), p_at);
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending - g.amount WHERE a.id = g.payer_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending - g.amount INTO STRICT balance;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)
      VALUES (p_phase, 'gift', g.payer_id, coalesce(g.recipient_id, 'boon:unclaimed'), g.amount, g.transfer, g.id, p_at)
      RETURNING seq INTO moved;
    FOR s IN
      SELECT e.lot_id, e.slice, -e.amount AS amount, boon_code.good_until(l.expires_at, l.first_expires_at, g.accepted_at, rules, p_at) AS until
      FROM boon.entries e JOIN boon.lots l ON l.id = e.lot_id WHERE e.transfer = g.transfer ORDER BY e.slice
    LOOP
      into_lot := boon_code.put_into_lot(s.lot_id, s.amount, s.until, moved, s.slice);
      balance := balance + s.amount;
      INSERT INTO boon.entries VALUES (moved, s.slice, g.payer_id, into_lot, 'gift_returned', s.amount, balance, g.id, p_at);
      returned := returned || (into_lot, s.amount)::boon_code.slice;
    END LOOP;
  END IF;
  UPDATE boon.gift_usage u SET
    day_count = u.day_count - CASE WHEN same_day THEN 1 ELSE 0 END,
    day_amount = u.day_amount - CASE WHEN same_day THEN g.amount ELSE 0 END,
    month_count = u.month_count - CASE WHEN same_month THEN 1 ELSE 0 END,
    month_amount = u.month_amount - CASE WHEN same_month THEN g.amount ELSE 0 END,
    promotional_count = u.promotional_count - CASE WHEN same_month AND promotional THEN 1 ELSE 0 END,
    promotional_amount = u.promotional_amount - CASE WHEN same_month AND promotional THEN g.amount ELSE 0 END
  FROM (SELECT u2.day = g.counted_on AS same_day,
               u2.month = date_trunc('month', g.counted_on::timestamp)::date AS same_month,
               g.payer_id = 'boon:promotional' AS promotional
        FROM boon.gift_usage u2 WHERE u2.account_id = g.sender_id) x
  WHERE u.account_id = g.sender_id;
  UPDATE boon.gifts SET status = p_status, ended_at = p_at, reason_code = p_reason_code, reason = p_reason,
    operated_by = p_by, held_at = NULL, hold_ends_at = NULL, token_hash = NULL, token_sealed = NULL
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.' || p_status, p_at);
END $$;
