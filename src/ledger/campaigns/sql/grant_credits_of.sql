CREATE FUNCTION boon_code.grant_credits_of(c boon.campaigns, p_accounts text[], p_transfers bigint[], p_at timestamptz) RETURNS void
  LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  expires constant timestamptz := coalesce(c.expires_at, p_at + c.valid_for::interval);
  cause constant text := 'campaign/' || c.id;
  r record;
BEGIN
  WITH granted AS MATERIALIZED (
    SELECT u.account_id, u.transfer, nextval('boon.lots_id_seq') AS lot, c.amount + a.available AS available
    FROM unnest(p_accounts, p_transfers) AS u (account_id, transfer)
    CROSS JOIN LATERAL (
      SELECT x.credits_posted - x.debits_posted - x.debits_pending AS available
      FROM boon.ledger_accounts x WHERE x.id = u.account_id OFFSET 0) a
  ), total AS (
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + c.amount FROM granted g WHERE a.id = g.account_id
  ), transfer AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, reference, effective_at) OVERRIDING SYSTEM VALUE
    SELECT g.transfer, 'posted', 'grant', 'boon:issuance', g.account_id, c.amount, cause, p_at FROM granted g
  ), lot AS (
    INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice) OVERRIDING SYSTEM VALUE
    SELECT g.lot, g.account_id, c.source, c.amount, c.amount, p_at, expires, c.giftable, g.transfer, 1 FROM granted g
  ), entry AS (
    INSERT INTO boon.entries SELECT g.transfer, 1, g.account_id, g.lot, 'grant', c.amount, g.available, cause, p_at FROM granted g
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'credits.granted', g.lot::text, ARRAY[g.account_id],
    jsonb_build_object('id', g.lot::text, 'source', c.source, 'granted', boon_code.credits(c.amount), 'expires_at', expires,
      'giftable', c.giftable, 'reason', c.reason, 'campaign', c.id), p_at
  FROM granted g;

  IF NOT EXISTS (SELECT FROM boon.debts d WHERE d.amount > 0) THEN RETURN; END IF;
  FOR r IN
    SELECT u.account_id, u.transfer FROM unnest(p_accounts, p_transfers) AS u (account_id, transfer)
    WHERE EXISTS (SELECT FROM boon.debts d WHERE d.account_id = u.account_id AND d.amount > 0 OFFSET 0) ORDER BY u.account_id
  LOOP
    PERFORM boon_code.credits_came(r.account_id, ARRAY(SELECT (l.id, l.granted)::boon_code.slice FROM boon.lots l WHERE l.transfer = r.transfer), cause, p_at);
  END LOOP;
END $$;
