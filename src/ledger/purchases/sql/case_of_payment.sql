-- The case of a payment that does not fit its purchase. A payment that its page has not told of waits, while the purchase does.
CREATE FUNCTION boon_code.case_of_payment(p boon.purchases, m jsonb, p_fault boon.case_reason) RETURNS boon.payment_cases LANGUAGE plpgsql AS $$
DECLARE
  c boon.payment_cases;
BEGIN
  c.key := format('purchase/%s/%s', p.id, coalesce(m ->> 'payment_id', m ->> 'checkout_id', m ->> 'event', 'unnamed'));
  c.status := CASE WHEN p_fault = 'unconfirmed' AND p.status = 'open' THEN 'waiting' ELSE 'open' END;
  c.subject := 'purchase'; c.subject_id := p.id; c.account_id := p.account_id;
  c.reason := p_fault; c.payment_id := m ->> 'payment_id'; c.said := m; c.opened_at := (m ->> 'at')::timestamptz;
  c.wanted := boon_code.coins(p.price, p.currency);
  RETURN boon_code.open_payment_case(c);
END $$;
