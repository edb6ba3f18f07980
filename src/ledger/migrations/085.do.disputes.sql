-- A dispute is followed by its own state, as the provider last told it, and is of the payment that it was told of first. A payment pays
-- one purchase, whatever comes at once.

-- When the provider said what stands here, by its clock; null where it did not tell.
ALTER TABLE boon.disputes ADD COLUMN said_at timestamptz;

-- Notes the payment that paid a purchase. Returns the purchase; null where another one was paid by it, even at this very moment.
CREATE FUNCTION boon.set_payment(p boon.purchases, p_payment text) RETURNS boon.purchases LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.purchases x SET payment_id = p_payment WHERE x.id = p.id RETURNING * INTO p;
  RETURN p;
EXCEPTION WHEN unique_violation THEN
  RETURN NULL;
END $$;
