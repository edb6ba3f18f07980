-- What the provider says of a payment, or the process of it. Returns the purchase, whether anything changed, and the case of a payment
-- that does not fit; null when there is no such purchase.
--   {said: paid, amount, currency, tax?, live?, key_live?, checkout_id?, payment_id, customer_id?}
--   {said: expired or failed, checkout_id?, reason_code?}
--   {said: refunded, amount (all that has gone back), said_at?, lowers?}     {said: disputed, dispute_id, amount, status, said_at?}
-- and each with `purchase_id` or `payment_id`, `event?` and `at`.
CREATE FUNCTION boon_code.hear_of_payment(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.purchases;
  d boon.disputes;
  c boon.payment_cases;
  heard timestamptz := (m ->> 'at')::timestamptz;
  event text := m ->> 'event';
  money bigint := (m ->> 'amount')::bigint;
  payment text := m ->> 'payment_id';
  checkout text := m ->> 'checkout_id';
  said boon.dispute_status;
  noted boon.purchases;
  fault boon.case_reason;
  was bigint;
  changed boolean := false;
BEGIN
  -- Of what is paid the word itself says what it is for; of money that goes back the payment does.
  p.id := CASE m ->> 'said'
    WHEN 'refunded' THEN boon_code.purchase_of_payment(payment, m ->> 'purchase_id')
    WHEN 'disputed' THEN coalesce((SELECT x.purchase_id FROM boon.disputes x WHERE x.id = m ->> 'dispute_id'), boon_code.purchase_of_payment(payment, m ->> 'purchase_id'))
    ELSE coalesce(m ->> 'purchase_id', boon_code.purchase_of_payment(payment, NULL)) END;
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p.id;
  IF p.id IS NULL THEN RETURN NULL; END IF;
  -- Its account never changes; gifts and accounts are locked before what is theirs.
  PERFORM boon_code.lock_for_refund(p.account_id, p.id);
  SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;

  IF m ->> 'said' = 'paid' THEN
    IF p.paid_at IS NOT NULL AND (payment = p.payment_id OR (payment IS NULL AND checkout IS NULL)
      OR (checkout = p.checkout_id AND (payment IS NULL OR p.payment_id IS NULL))) THEN
      -- The payment that it was paid by.
      IF p.payment_id IS NULL AND payment IS NOT NULL THEN
        noted := boon_code.set_payment(p, payment);
        IF noted.id IS NOT NULL THEN
          p := noted;
          -- What was said of other payments does not count any more.
          p := boon_code.follow_refunds(boon_code.settle_purchase(p, heard), event, heard);
        END IF;
      END IF;
    ELSE
      fault := boon_code.payment_fault(p, m);
      IF fault IS NULL AND payment IS NOT NULL THEN
        noted := boon_code.set_payment(p, payment);
        IF noted.id IS NULL THEN fault := 'wrong_checkout'; END IF;
      END IF;
      IF fault IS NOT NULL THEN
        c := boon_code.case_of_payment(p, m, fault);
      ELSE
        changed := true;
        UPDATE boon.purchases x SET status = 'paid', paid_at = heard, ended_at = heard, reason_code = NULL, paid = money,
          tax = coalesce((m ->> 'tax')::bigint, 0) WHERE x.id = p.id RETURNING * INTO p;
        p := boon_code.deliver(p, heard);
        PERFORM boon_code.note_purchase(p, 'paid', p.paid, event, heard);
        IF p.save_card AND m ->> 'customer_id' IS NOT NULL THEN
          INSERT INTO boon.payment_customers VALUES (p.account_id, m ->> 'customer_id', heard)
            ON CONFLICT (account_id) DO UPDATE SET customer_id = excluded.customer_id, updated_at = excluded.updated_at;
        END IF;
        PERFORM boon_code.judge_waiting_payments(p, heard);
        -- What was reported about its money before counts from now on.
        p := boon_code.settle_purchase(p, heard);
        p := boon_code.follow_refunds(p, event, heard);
      END IF;
    END IF;
  ELSIF m ->> 'said' IN ('expired', 'failed') THEN
    -- Another page that ran out, or one of the other mode, is none of its.
    IF p.status = 'open' AND (checkout IS NULL OR checkout = p.checkout_id)
      AND NOT (m ->> 'key_live' IS NOT NULL AND m ->> 'live' IS DISTINCT FROM m ->> 'key_live') THEN
      changed := true;
      UPDATE boon.purchases x SET status = (m ->> 'said')::boon.purchase_status, ended_at = heard, reason_code = m ->> 'reason_code'
        WHERE x.id = p.id RETURNING * INTO p;
      PERFORM boon_code.note_purchase(p, (m ->> 'said')::boon.purchase_movement, 0, event, heard);
      PERFORM boon_code.judge_waiting_payments(p, heard);
      PERFORM boon_code.heed_top_up(p, m ->> 'said', heard);
    END IF;
  ELSIF m ->> 'said' = 'refunded' THEN
    was := p.elsewhere;
    PERFORM boon_code.note_provider_total(p, m);
    p := boon_code.follow_refunds(p, event, heard);
    changed := p.elsewhere <> was;
  ELSIF m ->> 'said' = 'disputed' THEN
    SELECT * INTO d FROM boon.disputes x WHERE x.id = m ->> 'dispute_id';
    said := (m ->> 'status')::boon.dispute_status;
    -- What is closed is not open again, whatever older message comes after. Else the later word by the provider's clock stands: a
    -- dispute that was lost may be won after all, and its amount may change.
    IF d.id IS NULL OR (d.status = 'open' AND said <> 'open')
      OR ((d.status = 'open') = (said = 'open') AND (m ->> 'said_at')::timestamptz > coalesce(d.said_at, d.closed_at, d.opened_at)) THEN
      changed := (d.status, d.amount) IS DISTINCT FROM (said, money);
      INSERT INTO boon.disputes AS x (id, purchase_id, amount, status, opened_at, closed_at, payment_id, said_at)
        VALUES (m ->> 'dispute_id', p.id, money, said, heard, CASE WHEN said <> 'open' THEN heard END, payment, (m ->> 'said_at')::timestamptz)
        ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, status = excluded.status, said_at = excluded.said_at,
          payment_id = coalesce(x.payment_id, excluded.payment_id),
          closed_at = CASE WHEN x.status = excluded.status THEN x.closed_at ELSE excluded.closed_at END
        RETURNING * INTO d;
      changed := changed AND (p.paid_at IS NULL OR boon_code.is_of_payment(p, d.payment_id));
      IF changed THEN
        p := boon_code.settle_purchase(p, heard);
        PERFORM boon_code.note_purchase(p, CASE said WHEN 'open' THEN 'disputed' WHEN 'won' THEN 'dispute_won' ELSE 'dispute_lost' END::boon.purchase_movement,
          money, event, heard);
        IF said <> 'won' THEN PERFORM boon_code.heed_top_up(p, 'disputed', heard); END IF;
      END IF;
    END IF;
  END IF;
  RETURN jsonb_build_object('purchase', boon_code.with_payment(boon_code.purchase_view(p)), 'changed', changed,
    'case', CASE WHEN c.id IS NOT NULL AND c.status <> 'waiting' THEN boon_code.case_view(c) END);
END $$;
