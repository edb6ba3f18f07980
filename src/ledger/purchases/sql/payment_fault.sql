CREATE FUNCTION boon_code.payment_fault(p boon.purchases, m jsonb) RETURNS boon.case_reason LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN p.paid_at IS NOT NULL THEN 'paid_twice'::boon.case_reason
    WHEN p.kind = 'checkout' AND m ->> 'checkout_id' IS NULL THEN 'unconfirmed'
    WHEN p.kind = 'checkout' AND p.checkout_id IS NULL THEN 'checkout_unknown'
    WHEN m ->> 'checkout_id' IS DISTINCT FROM CASE p.kind WHEN 'checkout' THEN p.checkout_id END THEN 'wrong_checkout'
    WHEN EXISTS (SELECT FROM boon.purchases x WHERE x.payment_id = m ->> 'payment_id' AND x.id <> p.id) THEN 'wrong_checkout'
    ELSE coalesce(boon_code.money_fault(m, p.price, p.currency),
      -- One that was given up does not count against the cap, and another may have come after it.
      CASE WHEN p.kind = 'top_up' AND p.status <> 'open' AND boon_code.topped_up(p.account_id, p.month) + p.price > coalesce((
        SELECT s.monthly_cap FROM boon.top_up_consents s WHERE s.account_id = p.account_id AND s.effective_at <= p.created_at AND s.given
        ORDER BY s.seq DESC LIMIT 1), 0) THEN 'over_cap'::boon.case_reason END) END
$$;
