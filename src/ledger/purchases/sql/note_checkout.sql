-- Remembers the provider's page, once; what was paid on it before it was known counts now. Returns the purchase; null when there is
-- none.
CREATE FUNCTION boon_code.note_checkout(p_id text, p_checkout text, p_url text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.purchases;
  c boon.payment_cases;
BEGIN
  PERFORM boon_code.lock_for_refund(x.account_id, x.id) FROM boon.purchases x WHERE x.id = p_id;
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p_id FOR UPDATE;
  IF p.checkout_id IS NULL THEN
    UPDATE boon.purchases x SET checkout_id = p_checkout, checkout_url = p_url WHERE x.id = p_id RETURNING * INTO p;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM boon_code.note_purchase(p, 'checkout_made', p.price, NULL, p_at);
    FOR c IN SELECT * FROM boon.payment_cases x WHERE x.subject_id = p_id AND x.status = 'open' AND x.reason = 'checkout_unknown' ORDER BY x.opened_at, x.id LOOP
      PERFORM boon_code.hear_of_payment(c.said || jsonb_build_object('at', p_at));
    END LOOP;
    SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p_id;
  END IF;
  RETURN boon_code.with_payment(boon_code.purchase_view(p));
END $$;
