-- Invoices, and the caps of top-ups, count in the account's billing months.

-- The month that a moment falls into: as it is stored, else the organisation's billing month, which is never stored
-- otherwise but where an earlier version cut a month short. Months neither overlap nor leave a gap between them.
CREATE FUNCTION boon.billing_month_at(p_org text, p_at timestamptz) RETURNS boon.billing_months LANGUAGE plpgsql STABLE AS $$
DECLARE
  m boon.billing_months;
  before timestamptz;
  after timestamptz;
BEGIN
  SELECT * INTO m FROM boon.billing_months x WHERE x.org_id = p_org AND x.starts_at <= p_at AND x.ends_at > p_at;
  IF FOUND THEN RETURN m; END IF;
  SELECT max(x.ends_at) FILTER (WHERE x.ends_at <= p_at), min(x.starts_at) FILTER (WHERE x.starts_at > p_at) INTO before, after
    FROM boon.billing_months x WHERE x.org_id = p_org;
  SELECT p_org, NULL, greatest(b.starts_at, before), least(b.ends_at, after), NULL, 0, NULL INTO m FROM boon.billing_month(p_org, p_at) b;
  m.month := (m.starts_at AT TIME ZONE 'UTC')::date;
  RETURN m;
END $$;

-- What an organisation may be charged for a use at a moment; nothing (null) unless it is active and invoiced. The
-- caller has locked it.
CREATE OR REPLACE FUNCTION boon.open_bill(p_org text, p_at timestamptz) RETURNS boon.bill LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
  m boon.billing_months;
  bill boon.bill;
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = p_org AND x.billing = 'invoice' AND x.status = 'active';
  IF NOT FOUND THEN RETURN NULL; END IF;
  m := boon.billing_month_at(p_org, p_at);
  bill.org_id := p_org; bill.ceiling := a.invoice_ceiling; bill.used_from := m.starts_at; bill.used_until := m.ends_at;
  WHILE m.closed_at IS NOT NULL LOOP
    m := boon.billing_month_at(p_org, m.ends_at);
  END LOOP;
  bill.month := m.month; bill.starts_at := m.starts_at; bill.ends_at := m.ends_at; bill.charged := m.charged;
  RETURN bill;
END $$;

DROP FUNCTION boon.billing_month_at(text, int, timestamptz);

-- The billing month of an account, named by its first day.
CREATE OR REPLACE FUNCTION boon.month_of(p_account text, p_at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT (m.starts_at AT TIME ZONE 'UTC')::date FROM boon.billing_month(p_account, p_at) m
$$;
