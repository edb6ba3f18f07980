-- Whether a word about a payment is about the one that paid the purchase.
CREATE FUNCTION boon_code.is_of_payment(p boon.purchases, p_payment text) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN p_payment IS NULL OR p.payment_id IS NULL OR p_payment = p.payment_id;
