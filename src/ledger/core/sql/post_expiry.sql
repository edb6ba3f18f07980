-- Posts the expiry of those of the lots that have expired by p_at. The caller has locked their accounts.
CREATE FUNCTION boon_code.post_expiry(p_lots bigint[], p_at timestamptz, OUT lots bigint, OUT amount bigint) LANGUAGE plpgsql AS $$
BEGIN
  WITH lapsed AS (
    SELECT l.id, l.account_id, l.remaining, greatest(l.expires_at, l.granted_at, (
      SELECT max(e.effective_at) FROM boon.entries e WHERE e.account_id = l.account_id AND e.effective_at > l.expires_at AND e.lot_id = l.id
        AND e.amount > 0 AND e.kind NOT IN ('grant', 'gift_received', 'purchased', 'expired'))) AS expired_at
    FROM boon.lots l WHERE l.id = ANY (p_lots) AND l.open AND l.expires_at <= p_at
  ), posted AS (
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    SELECT 'posted', 'expiry', x.account_id, 'boon:expired', x.remaining, x.id::text, x.expired_at FROM lapsed x ORDER BY x.id
    RETURNING seq, reference
  ), emptied AS (
    UPDATE boon.lots l SET remaining = 0 FROM lapsed x WHERE l.id = x.id
  ), reduced AS (
    UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + d.amount
    FROM (SELECT x.account_id, sum(x.remaining) AS amount FROM lapsed x GROUP BY x.account_id) d WHERE a.id = d.account_id
    RETURNING a.id, a.credits_posted - a.debits_posted - a.debits_pending + d.amount AS before
  ), entry AS (
    INSERT INTO boon.entries
    SELECT m.seq, 1, x.account_id, x.id, 'expired', -x.remaining,
      t.before - sum(x.remaining) OVER (PARTITION BY x.account_id ORDER BY m.seq), x.id::text, x.expired_at
    FROM lapsed x JOIN posted m ON m.reference = x.id::text JOIN reduced t ON t.id = x.account_id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'credits.expired', x.id::text, ARRAY[x.account_id],
      jsonb_build_object('lot_id', x.id::text, 'amount', boon_code.credits(x.remaining)), x.expired_at FROM lapsed x ORDER BY x.id
  )
  SELECT count(*), coalesce(sum(x.remaining), 0) INTO lots, amount FROM lapsed x;
END $$;
