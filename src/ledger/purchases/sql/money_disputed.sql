CREATE FUNCTION boon_code.money_disputed(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(d.amount) FROM boon.disputes d
    WHERE d.purchase_id = p.id AND d.status <> 'won' AND p.paid_at IS NOT NULL AND boon_code.is_of_payment(p, d.payment_id)), 0)::bigint
$$;
