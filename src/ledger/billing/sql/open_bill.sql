-- What an organisation may be charged for a use at a moment; nothing (null) unless it is active and invoiced. What of a month
-- that is closed is reported late counts in the next one that is open. The caller has locked it.
CREATE FUNCTION boon_code.open_bill(p_org text, p_at timestamptz) RETURNS boon_code.bill LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
  m boon.billing_months;
  bill boon_code.bill;
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = p_org AND x.billing = 'invoice' AND x.status = 'active';
  IF NOT FOUND THEN RETURN NULL; END IF;
  m := boon_code.billing_month_at(p_org, p_at);
  bill.org_id := p_org; bill.used_from := m.starts_at; bill.used_until := m.ends_at;
  WHILE m.closed_at IS NOT NULL LOOP
    m := boon_code.billing_month_at(p_org, m.ends_at);
  END LOOP;
  bill.month := m.month; bill.starts_at := m.starts_at; bill.ends_at := m.ends_at; bill.charged := m.charged;
  bill.ceiling := boon_code.bill_ceiling(a.invoice_ceiling, m);
  RETURN bill;
END $$;
