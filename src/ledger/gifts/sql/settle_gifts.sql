-- Settles gifts that are due and have passed their second screening: resolves each hold by posting it to the
-- recipient, whose new lots pay for what those of the slices did and keep their expiry if that is sooner than the policy's. One statement a
-- call; every row's number is drawn beforehand, so that no step waits for what another returns. OFFSET 0 keeps
-- each look-up one of its own by index, whatever the tables held when the plan was made. `p_at` has each gift's moment.
CREATE FUNCTION boon_code.settle_gifts(p_ids text[], p_at timestamptz[]) RETURNS void LANGUAGE plpgsql
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
    jsonb_build_object('id', d.id, 'status', 'settled', 'from', d.sender_id, 'to', d.recipient_id, 'amount', boon_code.credits(d.amount)), d.at
  FROM due d;

  -- What a recipient owes is paid first.
  IF NOT EXISTS (SELECT FROM boon.debts d WHERE d.amount > 0) THEN RETURN; END IF;
  FOR r IN
    SELECT g.id, g.recipient_id, g.transfer, g.settled_at
    FROM unnest(p_ids) x (id) CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = x.id OFFSET 0) g
    WHERE EXISTS (SELECT FROM boon.debts d WHERE d.account_id = g.recipient_id AND d.amount > 0 OFFSET 0) ORDER BY g.transfer
  LOOP
    PERFORM boon_code.credits_came(r.recipient_id, ARRAY(SELECT (l.id, l.granted)::boon_code.slice FROM boon.lots l
      WHERE l.transfer = (SELECT t.seq FROM boon.transfers t WHERE t.resolves = r.transfer) ORDER BY l.slice), r.id, r.settled_at);
  END LOOP;
END $$;
