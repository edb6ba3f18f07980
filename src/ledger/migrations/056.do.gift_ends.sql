-- The ends of gifts, as in 009 to 011, now with: one time of grace for a lot, debts that are paid first by what comes back, and
-- gifts that end because the money for them went back.

-- Ends a gift without settling it: its slices go back to the very lots they came from, a banked reset is its owner's again, and
-- the sender's counters get the place back. `returned` tells what went into which lot; whoever calls decides what becomes of it.
CREATE FUNCTION boon.end_gift(
  INOUT g boon.gifts, p_status boon.gift_status, p_phase boon.transfer_phase, p_at timestamptz,
  p_reason_code text, p_reason text, p_by text, OUT returned boon.slice[]
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
    PERFORM boon.release_reset(g, p_at);
  ELSE
    SELECT * INTO STRICT rules FROM boon.policies p WHERE p.version = g.policy_version;
    -- What was not on hold of a lot that expired meanwhile is gone, whether or not that has been posted yet.
    PERFORM boon.post_expiry(ARRAY(SELECT e.lot_id FROM boon.entries e WHERE e.transfer = g.transfer), p_at);
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending - g.amount WHERE a.id = g.payer_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending - g.amount INTO STRICT balance;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)
      VALUES (p_phase, 'gift', g.payer_id, coalesce(g.recipient_id, 'boon:unclaimed'), g.amount, g.transfer, g.id, p_at)
      RETURNING seq INTO moved;
    FOR s IN
      SELECT e.lot_id, e.slice, -e.amount AS amount, boon.good_until(l.expires_at, l.first_expires_at, g.accepted_at, rules, p_at) AS until
      FROM boon.entries e JOIN boon.lots l ON l.id = e.lot_id WHERE e.transfer = g.transfer ORDER BY e.slice
    LOOP
      into_lot := boon.put_into_lot(s.lot_id, s.amount, s.until, moved, s.slice);
      balance := balance + s.amount;
      INSERT INTO boon.entries VALUES (moved, s.slice, g.payer_id, into_lot, 'gift_returned', s.amount, balance, g.id, p_at);
      returned := returned || (into_lot, s.amount)::boon.slice;
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
  PERFORM boon.emit_gift_event(g, 'gift.' || p_status, p_at);
END $$;

-- What came back pays the payer's debt first; a reset whose money went back meanwhile is revoked.
CREATE OR REPLACE FUNCTION boon.return_gift(
  g boon.gifts, p_status boon.gift_status, p_phase boon.transfer_phase, p_at timestamptz,
  p_reason_code text, p_reason text, p_by text
) RETURNS boon.gifts LANGUAGE plpgsql AS $$
DECLARE
  ended record;
BEGIN
  ended := boon.end_gift(g, p_status, p_phase, p_at, p_reason_code, p_reason, p_by);
  g := ended.g;
  IF g.reset_id IS NULL THEN
    PERFORM boon.credits_came(g.payer_id, ended.returned, g.id, p_at);
  ELSE
    PERFORM boon.resets_came(ARRAY[g.reset_id], p_at);
  END IF;
  RETURN g;
END $$;

-- Takes back what the recipient has left of a settled gift: from its gifted lots, and those that go on from them, to the lots
-- that they came out of.
CREATE OR REPLACE FUNCTION boon.reverse_gift(g boon.gifts, p_at timestamptz, p_reason text, p_by text)
RETURNS boon.gifts LANGUAGE plpgsql AS $$
DECLARE
  left_over bigint;
  moved bigint;
  recipient_balance bigint;
  payer_balance bigint;
  slices int;
  n int := 0;
  into_lot bigint;
  returned boon.slice[] := '{}';
  rules boon.policies;
  settlement bigint := (SELECT seq FROM boon.transfers WHERE resolves = g.transfer);
  received bigint[] := ARRAY(SELECT f FROM boon.lots l CROSS JOIN LATERAL boon.lot_family(l.id) f WHERE l.transfer = settlement);
  s record;
BEGIN
  SELECT * INTO STRICT rules FROM boon.policies p WHERE p.version = g.policy_version;
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon.post_expiry(received || ARRAY(SELECT l.from_lot FROM boon.lots l WHERE l.transfer = settlement), p_at);
  SELECT coalesce(sum(l.remaining), 0), count(*) INTO left_over, slices FROM boon.lots l WHERE l.id = ANY (received) AND l.open;
  IF left_over > 0 THEN
    UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + left_over WHERE a.id = g.recipient_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending + left_over INTO recipient_balance;
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + left_over WHERE a.id = g.payer_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending - left_over INTO payer_balance;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
      VALUES ('posted', 'reversal', g.recipient_id, g.payer_id, left_over, g.id, p_at) RETURNING seq INTO moved;
    FOR s IN
      SELECT l.id, l.remaining AS amount, o.from_lot, boon.good_until(f.expires_at, f.first_expires_at, g.accepted_at, rules, p_at) AS until
      FROM boon.lots l CROSS JOIN LATERAL (SELECT x.from_lot, x.slice FROM boon.lots x WHERE x.id = boon.first_lot(l.id)) o
      JOIN boon.lots f ON f.id = o.from_lot
      WHERE l.id = ANY (received) AND l.open ORDER BY o.slice, l.id
    LOOP
      n := n + 1;
      UPDATE boon.lots l SET remaining = 0 WHERE l.id = s.id;
      recipient_balance := recipient_balance - s.amount;
      payer_balance := payer_balance + s.amount;
      into_lot := boon.put_into_lot(s.from_lot, s.amount, s.until, moved, slices + n);
      INSERT INTO boon.entries VALUES
        (moved, n, g.recipient_id, s.id, 'gift_reversed', -s.amount, recipient_balance, g.id, p_at),
        (moved, slices + n, g.payer_id, into_lot, 'gift_recovered', s.amount, payer_balance, g.id, p_at);
      returned := returned || (into_lot, s.amount)::boon.slice;
    END LOOP;
  END IF;
  UPDATE boon.gifts SET status = 'reversed', recovered = left_over, ended_at = p_at, reason_code = 'reversed', reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.reversed', p_at);
  PERFORM boon.credits_came(g.payer_id, returned, g.id, p_at);
  RETURN g;
END $$;

-- Settles gifts that are due and have passed their second screening: resolves each hold by posting it to the
-- recipient, whose new lots pay for what those of the slices did and keep their expiry if that is sooner than the policy's. One statement a
-- call; every row's number is drawn beforehand, so that no step waits for what another returns. OFFSET 0 keeps
-- each look-up one of its own by index, whatever the tables held when the plan was made. `p_at` has each gift's moment.
CREATE OR REPLACE FUNCTION boon.settle_gifts(p_ids text[], p_at timestamptz[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  r record;
BEGIN
  -- Numbers are drawn by the statement that inserts under them, so under its lock on the table: sealing waits for
  -- that lock, and none can appear behind a sealed block.
  WITH due AS MATERIALIZED (
    SELECT x.at, g.id, g.sender_id, g.recipient_id, g.payer_id, g.amount, g.transfer, nextval('boon.transfers_seq_seq') AS seq,
      p.gifted_valid_for, p.returned_valid_for, p.hold_at_most, p.regift
    FROM unnest(p_ids, p_at) x (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = x.id OFFSET 0) g
    CROSS JOIN LATERAL (SELECT * FROM boon.policies y WHERE y.version = g.policy_version OFFSET 0) p
  ), slice AS MATERIALIZED (
    SELECT d.at, d.id AS gift_id, d.seq, e.slice, d.recipient_id, -e.amount AS amount, e.lot_id AS from_lot, d.regift,
      nextval('boon.lots_id_seq') AS lot_id, l.products,
      x.expires_at, CASE WHEN x.expires_at > l.first_expiry THEN l.first_expiry END AS first_expires_at,
      a.available - sum(e.amount) OVER (PARTITION BY d.recipient_id ORDER BY d.seq, e.slice) AS balance
    FROM due d
    CROSS JOIN LATERAL (SELECT * FROM boon.entries y WHERE y.transfer = d.transfer OFFSET 0) e
    CROSS JOIN LATERAL (SELECT y.expires_at, y.products, coalesce(y.first_expires_at, y.expires_at) AS first_expiry
      FROM boon.lots y WHERE y.id = e.lot_id OFFSET 0) l
    -- A source that expired while its credits were on hold must not give a lot that is born expired: it has the time of grace,
    -- counted from the longest hold after the source first expired at most.
    CROSS JOIN LATERAL (
      SELECT least(CASE WHEN l.expires_at <= d.at THEN least(d.at, l.first_expiry + d.hold_at_most) + d.returned_valid_for ELSE l.expires_at END,
        d.at + d.gifted_valid_for) AS expires_at OFFSET 0) x
    CROSS JOIN LATERAL (
      SELECT y.credits_posted - y.debits_posted - y.debits_pending AS available
      FROM boon.ledger_accounts y WHERE y.id = d.recipient_id OFFSET 0) a
  ), posted AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)
    OVERRIDING SYSTEM VALUE
    SELECT d.seq, 'posted', 'gift', d.payer_id, d.recipient_id, d.amount, d.transfer, d.id, d.at FROM due d
  ), lot AS (
    INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, from_lot, products, first_expires_at)
    OVERRIDING SYSTEM VALUE
    SELECT s.lot_id, s.recipient_id, 'gifted', s.amount, s.amount, s.at, s.expires_at, s.regift, s.seq, s.slice, s.from_lot, s.products, s.first_expires_at FROM slice s
  ), entry AS (
    INSERT INTO boon.entries
    SELECT s.seq, s.slice, s.recipient_id, s.lot_id, 'gift_received', s.amount, s.balance, s.gift_id, s.at FROM slice s
  ), total AS (
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending - c.debit, debits_posted = a.debits_posted + c.debit,
      credits_posted = a.credits_posted + c.credit
    FROM (
      SELECT x.id, sum(x.debit) AS debit, sum(x.credit) AS credit FROM (
        SELECT payer_id, amount, 0 FROM due UNION ALL SELECT recipient_id, 0, amount FROM due) x (id, debit, credit)
      GROUP BY x.id) c
    WHERE a.id = c.id
  ), settled AS (
    UPDATE boon.gifts g SET status = 'settled', settled_at = d.at, ended_at = d.at, reason_code = NULL,
      token_hash = NULL, token_sealed = NULL
    FROM due d WHERE g.id = d.id
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'gift.settled', d.id, ARRAY[d.sender_id, d.recipient_id],
    jsonb_build_object('id', d.id, 'status', 'settled', 'from', d.sender_id, 'to', d.recipient_id, 'amount', boon.credits(d.amount)), d.at
  FROM due d;

  -- What a recipient owes is paid first.
  IF NOT EXISTS (SELECT FROM boon.debts d WHERE d.amount > 0) THEN RETURN; END IF;
  FOR r IN
    SELECT g.id, g.recipient_id, g.transfer, g.settled_at
    FROM unnest(p_ids) x (id) CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = x.id OFFSET 0) g
    WHERE EXISTS (SELECT FROM boon.debts d WHERE d.account_id = g.recipient_id AND d.amount > 0 OFFSET 0) ORDER BY g.transfer
  LOOP
    PERFORM boon.credits_came(r.recipient_id, ARRAY(SELECT (l.id, l.granted)::boon.slice FROM boon.lots l
      WHERE l.transfer = (SELECT t.seq FROM boon.transfers t WHERE t.resolves = r.transfer) ORDER BY l.slice), r.id, r.settled_at);
  END LOOP;
END $$;
