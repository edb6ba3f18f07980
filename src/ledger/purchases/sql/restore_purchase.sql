-- Writes a lost purchase down again as one that has ended unpaid, so that its payment counts as a late one does: {id,
-- account_id, kind, package, credits, resets, price, currency, created_at, expires_at, checkout_id?, checkout_url?, at}.
-- Answers 'restored', 'known', or why it cannot be: 'account_unknown', 'consent_unknown', 'over_cap'.
CREATE FUNCTION boon_code.restore_purchase(m jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  a boon.accounts;
  c boon.top_up_consents;
  p boon.purchases;
  heard timestamptz := (m ->> 'at')::timestamptz;
  created timestamptz := (m ->> 'created_at')::timestamptz;
  is_top_up boolean := m ->> 'kind' = 'top_up';
BEGIN
  -- One at a time for each account; whoever lost the race finds the purchase.
  PERFORM FROM boon.ledger_accounts x WHERE x.id = m ->> 'account_id' FOR UPDATE;
  IF EXISTS (SELECT FROM boon.purchases x WHERE x.id = m ->> 'id') THEN RETURN 'known'; END IF;
  SELECT * INTO a FROM boon.accounts x WHERE x.id = m ->> 'account_id';
  IF a.id IS NULL THEN RETURN 'account_unknown'; END IF;
  IF is_top_up THEN
    SELECT * INTO c FROM boon.top_up_consents x WHERE x.account_id = a.id AND x.effective_at <= created ORDER BY x.seq DESC LIMIT 1;
    IF NOT coalesce(c.given, false) OR (c.package, c.credits, c.price, c.currency)
      IS DISTINCT FROM (m ->> 'package', (m ->> 'credits')::bigint, (m ->> 'price')::bigint, m ->> 'currency') THEN
      RETURN 'consent_unknown';
    ELSIF boon_code.topped_up(a.id, boon_code.month_of(a.id, created)) + (m ->> 'price')::bigint > coalesce(c.monthly_cap, 0) THEN
      RETURN 'over_cap';
    END IF;
  END IF;
  INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, created_at, expires_at,
      ended_at, checkout_id, checkout_url, month)
    -- Under the latest policy that sold it so, else the latest.
    SELECT m ->> 'id', a.id, (m ->> 'kind')::boon.purchase_kind, 'expired', m ->> 'package', (m ->> 'credits')::bigint, (m ->> 'resets')::int,
      (m ->> 'price')::bigint, m ->> 'currency', d.version, created, (m ->> 'expires_at')::timestamptz, heard,
      m ->> 'checkout_id', coalesce(m ->> 'checkout_url', CASE WHEN m ? 'checkout_id' THEN '' END), CASE WHEN is_top_up THEN boon_code.month_of(a.id, created) END
    FROM boon.policy_documents d JOIN boon.purchase_rules u ON u.version = d.version
    LEFT JOIN boon.package_rules r ON r.version = d.version AND r.package = m ->> 'package' AND r.price = (m ->> 'price')::bigint
    ORDER BY (r.package IS NOT NULL) DESC, d.effective_at DESC, d.version LIMIT 1
    RETURNING * INTO STRICT p;
  PERFORM boon_code.note_purchase(p, 'created', p.price, NULL, heard);
  PERFORM boon_code.note_purchase(p, 'expired', 0, NULL, heard);
  RETURN 'restored';
END $$;
