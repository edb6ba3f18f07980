-- As in 072 and 068, with that ceiling.
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
