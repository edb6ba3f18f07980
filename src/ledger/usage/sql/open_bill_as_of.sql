-- What an organisation may be charged for a use at a moment, by what it was at p_moment (null: by what it is); nothing
-- (null) unless it was active and invoiced. The caller has locked it.
CREATE FUNCTION boon_code.open_bill_as_of(p_org text, p_at timestamptz, p_moment timestamptz) RETURNS boon_code.bill LANGUAGE plpgsql STABLE AS $$
DECLARE
  h boon.account_history;
  m boon.billing_months;
  bill boon_code.bill;
BEGIN
  IF NOT EXISTS (SELECT FROM boon.accounts x WHERE x.id = p_org AND x.state_since > p_moment) THEN RETURN boon_code.open_bill(p_org, p_at); END IF;
  h := boon_code.account_at(p_org, p_moment);
  IF h.billing <> 'invoice' OR h.status <> 'active' THEN RETURN NULL; END IF;
  m := boon_code.billing_month_at(p_org, p_at);
  bill.org_id := p_org; bill.used_from := m.starts_at; bill.used_until := m.ends_at;
  WHILE m.closed_at IS NOT NULL LOOP
    m := boon_code.billing_month_at(p_org, m.ends_at);
  END LOOP;
  bill.month := m.month; bill.starts_at := m.starts_at; bill.ends_at := m.ends_at; bill.charged := m.charged;
  bill.ceiling := boon_code.bill_ceiling(h.invoice_ceiling, m);
  RETURN bill;
END $$;
