-- Expiry is a posting: what is left of an expired lot goes to boon:expired, with effect from the moment it expired.

-- Posts the expiry of those of the lots that have expired by p_at. The caller has locked their accounts.
CREATE FUNCTION boon.post_expiry(p_lots bigint[], p_at timestamptz, OUT lots bigint, OUT amount bigint) LANGUAGE plpgsql AS $$
BEGIN
  WITH lapsed AS (
    SELECT l.id, l.account_id, l.remaining, l.expires_at FROM boon.lots l WHERE l.id = ANY (p_lots) AND l.open AND l.expires_at <= p_at
  ), posted AS (
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    SELECT 'posted', 'expiry', x.account_id, 'boon:expired', x.remaining, x.id::text, x.expires_at FROM lapsed x ORDER BY x.id
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
      t.before - sum(x.remaining) OVER (PARTITION BY x.account_id ORDER BY m.seq), x.id::text, x.expires_at
    FROM lapsed x JOIN posted m ON m.reference = x.id::text JOIN reduced t ON t.id = x.account_id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'credits.expired', x.id::text, ARRAY[x.account_id],
      jsonb_build_object('lot_id', x.id::text, 'amount', boon.credits(x.remaining)), x.expires_at FROM lapsed x ORDER BY x.id
  )
  SELECT count(*), coalesce(sum(x.remaining), 0) INTO lots, amount FROM lapsed x;
END $$;

-- Posts the expiry of at most p_limit lots, the soonest first.
CREATE FUNCTION boon.expire_lots(p_at timestamptz, p_limit int, OUT lots bigint, OUT amount text) LANGUAGE plpgsql AS $$
DECLARE
  due bigint[];
BEGIN
  -- Accounts are locked before their lots, in id order, as every writer does; then the lots are looked at again.
  due := ARRAY(SELECT l.id FROM boon.lots l WHERE l.open AND l.expires_at <= p_at ORDER BY l.expires_at, l.id LIMIT p_limit);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT l.account_id FROM boon.lots l WHERE l.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT x.lots, boon.credits(x.amount) INTO lots, amount FROM boon.post_expiry(due, p_at) x;
END $$;
