-- Write: all that a call of `use` has decided, each table once; true. `p_windows` are the windows as they stand afterwards;
-- `p_entries` take from lots, and put into those that get credits back out of their expiry.
CREATE FUNCTION boon_code.write_uses(p_uses boon.usage[], p_windows boon.usage_windows[], p_transfers boon.transfers[], p_entries boon.entries[],
  p_spendings boon.spending[], p_charges boon.charges[], p_months boon.billing_months[], p_warnings jsonb[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  WITH used AS (
    INSERT INTO boon.usage SELECT u.* FROM unnest(p_uses) u
  )
  INSERT INTO boon.usage_windows AS x SELECT u.* FROM unnest(p_windows) u
  ON CONFLICT (account_id, kind) DO UPDATE SET started_at = excluded.started_at, used = excluded.used, restored_by = excluded.restored_by, since = excluded.since,
    counts_from = excluded.counts_from;

  IF p_transfers IS NOT NULL THEN
    WITH moved AS (
      INSERT INTO boon.transfers OVERRIDING SYSTEM VALUE SELECT t.* FROM unnest(p_transfers) t
    ), entry AS (
      INSERT INTO boon.entries SELECT e.* FROM unnest(p_entries) e
    ), lot AS (
      UPDATE boon.lots l SET remaining = l.remaining + d.amount
      FROM (SELECT e.lot_id, sum(e.amount) AS amount FROM unnest(p_entries) e GROUP BY e.lot_id) d WHERE l.id = d.lot_id
    ), total AS (
      UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + d.amount, credits_posted = a.credits_posted + d.returned
      FROM (SELECT x.id, sum(t.amount) FILTER (WHERE t.kind <> 'expiry') AS amount, coalesce(sum(t.amount) FILTER (WHERE t.kind = 'expiry'), 0) AS returned
            FROM unnest(p_transfers) t CROSS JOIN LATERAL (SELECT CASE t.kind WHEN 'expiry' THEN t.credit_account ELSE t.debit_account END AS id) x GROUP BY x.id) d
      WHERE a.id = d.id
    )
    INSERT INTO boon.spending AS x SELECT s.payer_id, s.spender_id, s.month, sum(s.spent) FROM unnest(p_spendings) s GROUP BY 1, 2, 3
    ON CONFLICT (payer_id, spender_id, month) DO UPDATE SET spent = x.spent + excluded.spent;
  END IF;
  IF p_charges IS NOT NULL THEN
    WITH charge AS (
      INSERT INTO boon.charges SELECT c.* FROM unnest(p_charges) c
    ), member AS (
      INSERT INTO boon.billed_members AS x SELECT c.org_id, c.month, c.member_id, sum(c.amount) FROM unnest(p_charges) c GROUP BY 1, 2, 3
      ON CONFLICT (org_id, month, member_id) DO UPDATE SET charged = x.charged + excluded.charged
    )
    INSERT INTO boon.billing_months AS x
    SELECT m.org_id, m.month, m.starts_at, m.ends_at, m.policy_version, sum(m.charged) FROM unnest(p_months) m GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (org_id, month) DO UPDATE SET charged = x.charged + excluded.charged;
  END IF;
  IF p_warnings IS NOT NULL THEN
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'usage.warning', d ->> 'account_id', ARRAY[d ->> 'account_id'], d, (d ->> 'at')::timestamptz FROM unnest(p_warnings) d;
  END IF;
  RETURN true;
END $$;
