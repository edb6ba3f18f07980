-- A gift that was accepted, by the `i` of its request; `rule` is what it is held for.
CREATE TYPE boon_code.accepted_gift AS (i integer, status boon.gift_status, rule text, day date);

-- What it takes out of a lot, and what is available of its payer's then.
CREATE TYPE boon_code.gift_slice AS (i integer, n integer, lot_id bigint, amount bigint, balance bigint);

-- Writes gifts that accept_gifts has accepted, under the settings of that function: their transfers, entries, rows and events, and
-- what has changed of lots, totals and counters by them.
CREATE FUNCTION boon_code.write_gifts(
  p boon.policies, requests boon_code.gift_request[], accepted boon_code.accepted_gift[], slices boon_code.gift_slice[], usages boon.gift_usage[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Numbers are drawn by the statement that inserts under them, so under its lock on the table: sealing waits for
  -- that lock, and none can appear behind a sealed block.
  WITH gift AS MATERIALIZED (
    -- In the order of the decisions: the balance after each was worked out in it.
    SELECT y.*, nextval('boon.transfers_seq_seq') AS seq FROM (
      SELECT q.*, x.status, x.rule, x.day, x.n
      FROM unnest(accepted) WITH ORDINALITY x (i, status, rule, day, n) JOIN unnest(requests) q ON q.i = x.i ORDER BY x.n OFFSET 0) y
  ), held AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, reference, effective_at)
    OVERRIDING SYSTEM VALUE
    SELECT g.seq, 'pending', 'gift', g.payer_id, coalesce(g.recipient_id, 'boon:unclaimed'), g.amount, g.id, g.at FROM gift g ORDER BY g.n
  ), gift_row AS (
    INSERT INTO boon.gifts (id, status, sender_id, recipient_id, payer_id, amount, message, policy_version, transfer, accepted_at, counted_on,
      settles_at, claim_expires_at, held_at, hold_ends_at, held_by, held_from, reason_code, email_sealed, email_index, token_hash, token_sealed)
    SELECT g.id, g.status, g.sender_id, g.recipient_id, g.payer_id, g.amount, g.message, p.version, g.seq, g.at, g.day, g.at + p.settlement,
      CASE WHEN g.recipient_id IS NULL THEN g.at + p.claim_window END,
      CASE WHEN g.status = 'held' THEN g.at END, CASE WHEN g.status = 'held' THEN g.at + p.hold_at_most END,
      CASE WHEN g.status = 'held' THEN 'screening'::boon.gift_holder END,
      CASE WHEN g.status = 'held' THEN CASE WHEN g.recipient_id IS NULL THEN 'awaiting_claim'::boon.gift_status ELSE 'pending' END END,
      g.rule, decode(g.email_sealed, 'hex'), decode(g.email_index, 'hex'), decode(g.token_hash, 'hex'), decode(g.token_sealed, 'hex')
    FROM gift g
  ), slice AS MATERIALIZED (
    SELECT x.*, g.payer_id, g.id AS gift_id, g.at, g.seq FROM unnest(slices) x JOIN gift g ON g.i = x.i
  ), entry AS (
    INSERT INTO boon.entries SELECT s.seq, s.n, s.payer_id, s.lot_id, 'gift_held', -s.amount, s.balance, s.gift_id, s.at
    FROM slice s ORDER BY s.seq, s.n
  ), lot AS (
    UPDATE boon.lots l SET remaining = l.remaining - d.taken
    FROM (SELECT s.lot_id, sum(s.amount) AS taken FROM slice s GROUP BY s.lot_id) d WHERE l.id = d.lot_id
  ), total AS (
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending + d.amount
    FROM (SELECT g.payer_id, sum(g.amount) AS amount FROM gift g GROUP BY g.payer_id) d WHERE a.id = d.payer_id
  ), counter AS (
    INSERT INTO boon.gift_usage SELECT (u).* FROM unnest(usages) u
    WHERE EXISTS (SELECT FROM gift g WHERE g.sender_id = (u).account_id)
    ON CONFLICT (account_id) DO UPDATE SET day = excluded.day, day_count = excluded.day_count, day_amount = excluded.day_amount,
      month = excluded.month, month_count = excluded.month_count, month_amount = excluded.month_amount,
      promotional_count = excluded.promotional_count, promotional_amount = excluded.promotional_amount
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'gift.accepted', g.id, array_remove(ARRAY[g.sender_id, g.recipient_id], NULL),
    jsonb_build_object('id', g.id, 'status', g.status, 'from', g.sender_id, 'to', g.recipient_id, 'amount', boon_code.credits(g.amount),
      'reason_code', g.rule), g.at
  FROM gift g ORDER BY g.n;
END $$;
