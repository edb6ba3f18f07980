-- The purchase that a word about a payment belongs to: the one that it paid, else the one of whose case it is, else the one that the
-- word names.
CREATE FUNCTION boon_code.purchase_of_payment(p_payment text, p_named text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT x.id FROM boon.purchases x WHERE x.payment_id = p_payment),
    (SELECT c.subject_id FROM boon.payment_cases c WHERE c.payment_id = p_payment AND c.subject = 'purchase' ORDER BY c.opened_at, c.id LIMIT 1), p_named)
$$;
