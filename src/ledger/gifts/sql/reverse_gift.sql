-- Takes back what the recipient has left of a settled gift: from its gifted lots, and those that go on from them, to the lots
-- that they came out of.
CREATE FUNCTION boon_code.reverse_gift(g boon.gifts, p_at timestamptz, p_reason text, p_by text)
RETURNS boon.gifts LANGUAGE plpgsql AS $$
DECLARE
  left_over bigint;
  moved bigint;
  recipient_balance bigint;
  payer_balance bigint;
  slices int;
  n int := 0;
  into_lot bigint;
  returned boon_code.slice[] := '{}';
  rules boon.policies;
  settlement bigint := (SELECT seq FROM boon.transfers WHERE resolves = g.transfer);
  received bigint[] := ARRAY(SELECT f FROM boon.lots l CROSS JOIN LATERAL boon_code.lot_family(l.id) f WHERE l.transfer = settlement);
  s record;
BEGIN
  SELECT * INTO STRICT rules FROM boon.policies p WHERE p.version = g.policy_version;
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon_code.post_expiry(received || ARRAY(SELECT l.from_lot FROM boon.lots l WHERE l.transfer = settlement), p_at);
  SELECT coalesce(sum(l.remaining), 0), count(*) INTO left_over, slices FROM boon.lots l WHERE l.id = ANY (received) AND l.open;
  IF left_over > 0 THEN
    UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + left_over WHERE a.id = g.recipient_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending + left_over INTO recipient_balance;
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + left_over WHERE a.id = g.payer_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending - left_over INTO payer_balance;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
      VALUES ('posted', 'reversal', g.recipient_id, g.payer_id, left_over, g.id, p_at) RETURNING seq INTO moved;
    FOR s IN
      SELECT l.id, l.remaining AS amount, o.from_lot, boon_code.good_until(f.expires_at, f.first_expires_at, g.accepted_at, rules, p_at) AS until
      FROM boon.lots l CROSS JOIN LATERAL (SELECT x.from_lot, x.slice FROM boon.lots x WHERE x.id = boon_code.first_lot(l.id)) o
      JOIN boon.lots f ON f.id = o.from_lot
      WHERE l.id = ANY (received) AND l.open ORDER BY o.slice, l.id
    LOOP
      n := n + 1;
      UPDATE boon.lots l SET remaining = 0 WHERE l.id = s.id;
      recipient_balance := recipient_balance - s.amount;
      payer_balance := payer_balance + s.amount;
      into_lot := boon_code.put_into_lot(s.from_lot, s.amount, s.until, moved, slices + n);
      INSERT INTO boon.entries VALUES
        (moved, n, g.recipient_id, s.id, 'gift_reversed', -s.amount, recipient_balance, g.id, p_at),
        (moved, slices + n, g.payer_id, into_lot, 'gift_recovered', s.amount, payer_balance, g.id, p_at);
      returned := returned || (into_lot, s.amount)::boon_code.slice;
    END LOOP;
  END IF;
  UPDATE boon.gifts SET status = 'reversed', recovered = left_over, ended_at = p_at, reason_code = 'reversed', reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.reversed', p_at);
  PERFORM boon_code.credits_came(g.payer_id, returned, g.id, p_at);
  RETURN g;
END $$;
