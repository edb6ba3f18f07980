-- After a purchase was paid, or ended without: what waited for that is a case, but for the payment that paid it.
CREATE FUNCTION boon_code.judge_waiting_payments(p boon.purchases, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  c boon.payment_cases;
BEGIN
  FOR c IN SELECT * FROM boon.payment_cases x WHERE x.subject_id = p.id AND x.subject = 'purchase' AND x.status <> 'closed' ORDER BY x.id FOR UPDATE LOOP
    IF c.payment_id = p.payment_id OR (p.paid_at IS NOT NULL AND c.payment_id IS NULL AND c.said ->> 'checkout_id' = p.checkout_id) THEN
      IF c.status = 'waiting' THEN
        DELETE FROM boon.payment_cases x WHERE x.id = c.id;
      ELSE
        UPDATE boon.payment_cases x SET status = 'closed', closed_at = p_at, closed_by = 'boon', close_reason = 'it has paid the purchase'
          WHERE x.id = c.id RETURNING * INTO c;
        PERFORM boon_code.note_payment_case(c, 'closed', p_at);
      END IF;
    ELSIF c.status = 'waiting' OR c.reason IN ('checkout_unknown', 'unconfirmed') THEN
      PERFORM boon_code.case_of_payment(p, c.said || jsonb_build_object('at', p_at), boon_code.payment_fault(p, c.said));
    END IF;
  END LOOP;
END $$;
