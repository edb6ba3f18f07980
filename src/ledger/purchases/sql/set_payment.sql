-- Notes the payment that paid a purchase. Returns the purchase; null where another one was paid by it, even at this very moment.
CREATE FUNCTION boon_code.set_payment(p boon.purchases, p_payment text) RETURNS boon.purchases LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.purchases x SET payment_id = p_payment WHERE x.id = p.id RETURNING * INTO p;
  RETURN p;
EXCEPTION WHEN unique_violation THEN
  RETURN NULL;
END $$;
