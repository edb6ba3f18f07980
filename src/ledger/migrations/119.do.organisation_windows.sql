-- An organisation has usage windows and banked resets as a person has: for what is used under its own id. What its members use counts in
-- theirs.

-- What a campaign says of an account, but for what the account has used or can be given: the first reason that applies.
CREATE OR REPLACE FUNCTION boon.campaign_verdict(c boon.campaigns, a boon.accounts, p_at timestamptz) RETURNS boon.campaign_outcome
  LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN a.status = 'closed' THEN 'closed'
    WHEN a.status = 'frozen' THEN 'frozen'
    WHEN a.plan <> ALL (c.plans) THEN 'plan'
    WHEN NOT a.cohorts && c.cohorts THEN 'cohort'
    WHEN c.expires_at <= p_at THEN 'too_late'
    ELSE 'granted' END::boon.campaign_outcome
$$;

-- As in 097; an organisation has resets too.
CREATE OR REPLACE FUNCTION boon.restore_purchase(m jsonb) RETURNS text LANGUAGE plpgsql AS $$
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
    ELSIF boon.topped_up(a.id, boon.month_of(a.id, created)) + (m ->> 'price')::bigint > coalesce(c.monthly_cap, 0) THEN
      RETURN 'over_cap';
    END IF;
  END IF;
  INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, created_at, expires_at,
      ended_at, checkout_id, checkout_url, month)
    -- Under the latest policy that sold it so, else the latest.
    SELECT m ->> 'id', a.id, (m ->> 'kind')::boon.purchase_kind, 'expired', m ->> 'package', (m ->> 'credits')::bigint, (m ->> 'resets')::int,
      (m ->> 'price')::bigint, m ->> 'currency', d.version, created, (m ->> 'expires_at')::timestamptz, heard,
      m ->> 'checkout_id', coalesce(m ->> 'checkout_url', CASE WHEN m ? 'checkout_id' THEN '' END), CASE WHEN is_top_up THEN boon.month_of(a.id, created) END
    FROM boon.policy_documents d JOIN boon.purchase_rules u ON u.version = d.version
    LEFT JOIN boon.package_rules r ON r.version = d.version AND r.package = m ->> 'package' AND r.price = (m ->> 'price')::bigint
    ORDER BY (r.package IS NOT NULL) DESC, d.effective_at DESC, d.version LIMIT 1
    RETURNING * INTO STRICT p;
  PERFORM boon.note_purchase(p, 'created', p.price, NULL, heard);
  PERFORM boon.note_purchase(p, 'expired', 0, NULL, heard);
  RETURN 'restored';
END $$;

-- Ongoing campaigns left organisations out: they go through everybody again, which judges anew whom they excluded. One that is paused or
-- canceled does so when it is resumed.
DO $$
DECLARE
  c boon.campaigns;
BEGIN
  FOR c IN SELECT * FROM boon.campaigns x WHERE x.ongoing AND x.status IN ('running', 'ongoing') AND EXISTS (
      SELECT FROM boon.campaign_accounts o WHERE o.campaign_id = x.id AND o.outcome = 'organisation') ORDER BY x.id LOOP
    c := boon.begin_pass(c);
    UPDATE boon.campaigns x SET status = c.status, last_account = c.last_account, matched = c.matched, cursor = c.cursor WHERE x.id = c.id;
  END LOOP;
END $$;

-- No account is left out any more for being an organisation. Those that were, by campaigns that have ended, keep their row.
ALTER TABLE boon.campaign_accounts ADD CONSTRAINT organisations_take_part CHECK (outcome <> 'organisation') NOT VALID;
