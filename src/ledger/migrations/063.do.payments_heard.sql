-- Paid means paid for this: a payment counts when it is of the purchase's own page, of its price and currency (tax may come on top),
-- and of the mode of Boon's key. Any other moves nothing and opens a case.

-- Why a payment does not pay what it names; null when it does. `live` is the payment's mode, `key_live` that of Boon's key.
CREATE FUNCTION boon.money_fault(m jsonb, p_price bigint, p_currency text) RETURNS boon.case_reason LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN m ->> 'key_live' IS NOT NULL AND m ->> 'live' IS DISTINCT FROM m ->> 'key_live' THEN 'wrong_mode'::boon.case_reason
    WHEN lower(m ->> 'currency') IS DISTINCT FROM lower(p_currency) THEN 'wrong_currency'
    WHEN m ->> 'amount' IS NULL THEN 'amount_unknown'
    WHEN (m ->> 'amount')::bigint - coalesce((m ->> 'tax')::bigint, 0) <> p_price THEN 'wrong_amount' END
$$;

CREATE FUNCTION boon.payment_fault(p boon.purchases, m jsonb) RETURNS boon.case_reason LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN p.paid_at IS NOT NULL THEN 'paid_twice'::boon.case_reason
    WHEN p.kind = 'checkout' AND m ->> 'checkout_id' IS NULL THEN 'unconfirmed'
    WHEN p.kind = 'checkout' AND p.checkout_id IS NULL THEN 'checkout_unknown'
    WHEN m ->> 'checkout_id' IS DISTINCT FROM CASE p.kind WHEN 'checkout' THEN p.checkout_id END THEN 'wrong_checkout'
    WHEN EXISTS (SELECT FROM boon.purchases x WHERE x.payment_id = m ->> 'payment_id' AND x.id <> p.id) THEN 'wrong_checkout'
    ELSE coalesce(boon.money_fault(m, p.price, p.currency),
      -- One that was given up does not count against the cap, and another may have come after it.
      CASE WHEN p.kind = 'top_up' AND p.status <> 'open' AND boon.topped_up(p.account_id, p.month) + p.price > coalesce((
        SELECT s.monthly_cap FROM boon.top_up_consents s WHERE s.account_id = p.account_id AND s.effective_at <= p.created_at AND s.given
        ORDER BY s.seq DESC LIMIT 1), 0) THEN 'over_cap'::boon.case_reason END) END
$$;

-- The case of a payment that does not fit its purchase. A payment that its page has not told of waits, while the purchase does.
CREATE FUNCTION boon.case_of_payment(p boon.purchases, m jsonb, p_fault boon.case_reason) RETURNS boon.payment_cases LANGUAGE plpgsql AS $$
DECLARE
  c boon.payment_cases;
BEGIN
  c.key := format('purchase/%s/%s', p.id, coalesce(m ->> 'payment_id', m ->> 'checkout_id', m ->> 'event', 'unnamed'));
  c.status := CASE WHEN p_fault = 'unconfirmed' AND p.status = 'open' THEN 'waiting' ELSE 'open' END;
  c.subject := 'purchase'; c.subject_id := p.id; c.account_id := p.account_id;
  c.reason := p_fault; c.payment_id := m ->> 'payment_id'; c.said := m; c.opened_at := (m ->> 'at')::timestamptz;
  c.wanted := jsonb_build_object('amount', p.price, 'currency', p.currency);
  RETURN boon.open_payment_case(c);
END $$;

-- After a purchase was paid, or ended without: what waited for that is a case, but for the payment that paid it.
CREATE FUNCTION boon.judge_waiting_payments(p boon.purchases, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
        PERFORM boon.note_payment_case(c, 'closed', p_at);
      END IF;
    ELSIF c.status = 'waiting' OR c.reason IN ('checkout_unknown', 'unconfirmed') THEN
      PERFORM boon.case_of_payment(p, c.said || jsonb_build_object('at', p_at), boon.payment_fault(p, c.said));
    END IF;
  END LOOP;
END $$;

-- What the provider says of a payment, or the process of it. Returns the purchase, whether anything changed, and the case of a payment
-- that does not fit; null when there is no such purchase.
--   {said: paid, amount, currency, tax?, live?, key_live?, checkout_id?, payment_id, customer_id?}
--   {said: expired or failed, checkout_id?, reason_code?}
--   {said: refunded, amount (all that has gone back), said_at?, lowers?}     {said: disputed, dispute_id, amount, status, said_at?}
-- and each with `purchase_id` or `payment_id`, `event?` and `at`.
CREATE OR REPLACE FUNCTION boon.hear_of_payment(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
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
    WHEN 'refunded' THEN boon.purchase_of_payment(payment, m ->> 'purchase_id')
    WHEN 'disputed' THEN coalesce((SELECT x.purchase_id FROM boon.disputes x WHERE x.id = m ->> 'dispute_id'), boon.purchase_of_payment(payment, m ->> 'purchase_id'))
    ELSE coalesce(m ->> 'purchase_id', boon.purchase_of_payment(payment, NULL)) END;
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p.id;
  IF p.id IS NULL THEN RETURN NULL; END IF;
  -- Its account never changes; gifts and accounts are locked before what is theirs.
  PERFORM boon.lock_for_refund(p.account_id, p.id);
  SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;

  IF m ->> 'said' = 'paid' THEN
    IF p.paid_at IS NOT NULL AND (payment = p.payment_id OR (payment IS NULL AND checkout IS NULL)
      OR (checkout = p.checkout_id AND (payment IS NULL OR p.payment_id IS NULL))) THEN
      -- The payment that it was paid by.
      IF p.payment_id IS NULL AND payment IS NOT NULL THEN
        noted := boon.set_payment(p, payment);
        IF noted.id IS NOT NULL THEN
          p := noted;
          -- What was said of other payments does not count any more.
          p := boon.follow_refunds(boon.settle_purchase(p, heard), event, heard);
        END IF;
      END IF;
    ELSE
      fault := boon.payment_fault(p, m);
      IF fault IS NULL AND payment IS NOT NULL THEN
        noted := boon.set_payment(p, payment);
        IF noted.id IS NULL THEN fault := 'wrong_checkout'; END IF;
      END IF;
      IF fault IS NOT NULL THEN
        c := boon.case_of_payment(p, m, fault);
      ELSE
        changed := true;
        UPDATE boon.purchases x SET status = 'paid', paid_at = heard, ended_at = heard, reason_code = NULL, paid = money,
          tax = coalesce((m ->> 'tax')::bigint, 0) WHERE x.id = p.id RETURNING * INTO p;
        p := boon.deliver(p, heard);
        PERFORM boon.note_purchase(p, 'paid', p.paid, event, heard);
        IF p.save_card AND m ->> 'customer_id' IS NOT NULL THEN
          INSERT INTO boon.payment_customers VALUES (p.account_id, m ->> 'customer_id', heard)
            ON CONFLICT (account_id) DO UPDATE SET customer_id = excluded.customer_id, updated_at = excluded.updated_at;
        END IF;
        PERFORM boon.judge_waiting_payments(p, heard);
        -- What was heard of its money before counts from now on.
        p := boon.settle_purchase(p, heard);
        p := boon.follow_refunds(p, event, heard);
      END IF;
    END IF;
  ELSIF m ->> 'said' IN ('expired', 'failed') THEN
    -- Another page that ran out, or one of the other mode, is none of its.
    IF p.status = 'open' AND (checkout IS NULL OR checkout = p.checkout_id)
      AND NOT (m ->> 'key_live' IS NOT NULL AND m ->> 'live' IS DISTINCT FROM m ->> 'key_live') THEN
      changed := true;
      UPDATE boon.purchases x SET status = (m ->> 'said')::boon.purchase_status, ended_at = heard, reason_code = m ->> 'reason_code'
        WHERE x.id = p.id RETURNING * INTO p;
      PERFORM boon.note_purchase(p, (m ->> 'said')::boon.purchase_movement, 0, event, heard);
      PERFORM boon.judge_waiting_payments(p, heard);
      PERFORM boon.heed_top_up(p, m ->> 'said', heard);
    END IF;
  ELSIF m ->> 'said' = 'refunded' THEN
    was := p.elsewhere;
    PERFORM boon.note_provider_total(p, m);
    p := boon.follow_refunds(p, event, heard);
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
      changed := changed AND (p.paid_at IS NULL OR boon.is_of_payment(p, d.payment_id));
      IF changed THEN
        p := boon.settle_purchase(p, heard);
        PERFORM boon.note_purchase(p, CASE said WHEN 'open' THEN 'disputed' WHEN 'won' THEN 'dispute_won' ELSE 'dispute_lost' END::boon.purchase_movement,
          money, event, heard);
        IF said <> 'won' THEN PERFORM boon.heed_top_up(p, 'disputed', heard); END IF;
      END IF;
    END IF;
  END IF;
  RETURN jsonb_build_object('purchase', boon.with_payment(boon.purchase_view(p)), 'changed', changed,
    'case', CASE WHEN c.id IS NOT NULL AND c.status <> 'waiting' THEN boon.case_view(c) END);
END $$;

-- Remembers the provider's page, once; what was paid on it before it was known counts now. Returns the purchase; null when there is
-- none.
CREATE OR REPLACE FUNCTION boon.note_checkout(p_id text, p_checkout text, p_url text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.purchases;
  c boon.payment_cases;
BEGIN
  PERFORM boon.lock_for_refund(x.account_id, x.id) FROM boon.purchases x WHERE x.id = p_id;
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p_id FOR UPDATE;
  IF p.checkout_id IS NULL THEN
    UPDATE boon.purchases x SET checkout_id = p_checkout, checkout_url = p_url WHERE x.id = p_id RETURNING * INTO p;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM boon.note_purchase(p, 'checkout_made', p.price, NULL, p_at);
    FOR c IN SELECT * FROM boon.payment_cases x WHERE x.subject_id = p_id AND x.status = 'open' AND x.reason = 'checkout_unknown' ORDER BY x.opened_at, x.id LOOP
      PERFORM boon.hear_of_payment(c.said || jsonb_build_object('at', p_at));
    END LOOP;
    SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p_id;
  END IF;
  RETURN boon.with_payment(boon.purchase_view(p));
END $$;

-- The provider's word that an invoice is paid: {invoice_id, provider_id, amount, currency, tax?, live?, key_live?, by_hand?, event, at}
-- and the key of the write with its hash. By hand: somebody marked it as paid there. Answers 'paid', 'known', 'case' or null: none of ours.
CREATE FUNCTION boon.hear_of_invoice(m jsonb, p_hash text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
  c boon.payment_cases;
  fault boon.case_reason;
  paid jsonb;
BEGIN
  SELECT * INTO v FROM boon.invoices x WHERE x.id = m ->> 'invoice_id' FOR UPDATE;
  IF v.id IS NULL THEN RETURN NULL; END IF;
  fault := CASE WHEN m ->> 'provider_id' IS DISTINCT FROM v.provider_id THEN 'wrong_invoice' END;
  IF fault IS NULL THEN
    -- One that is credited in whole counts as paid there. One that is paid was so by this word before, or by hand, here or there.
    IF v.status = 'credited' OR (v.status = 'paid' AND (coalesce((m ->> 'by_hand')::boolean, false) OR EXISTS (
      SELECT FROM boon.invoice_movements x WHERE x.invoice_id = v.id AND x.kind = 'paid' AND x.said_by = 'stripe'))) THEN
      RETURN 'known';
    END IF;
    fault := CASE v.status WHEN 'void' THEN 'void'::boon.case_reason WHEN 'paid' THEN 'paid_twice'
      ELSE boon.money_fault(CASE WHEN (m ->> 'by_hand')::boolean THEN m || jsonb_build_object('amount', v.amount - v.credited_amount, 'tax', NULL) ELSE m END,
        v.amount - v.credited_amount, v.currency) END;
    IF fault = 'void' THEN PERFORM boon.note_invoice_disagreement(v.id, format('%s: paid, and void here', m ->> 'event'), (m ->> 'at')::timestamptz); END IF;
  END IF;
  IF fault IS NULL THEN
    SELECT x.result INTO paid FROM boon.pay_invoices(json_build_array(json_build_object('i', 0, 'key', 'stripe:' || (m ->> 'event'), 'input_hash', p_hash,
      'at', m ->> 'at', 'id', v.id, 'said_by', 'stripe', 'reference', m ->> 'event'))) x;
    RETURN CASE WHEN paid ? 'invoice' THEN 'paid' ELSE 'known' END;
  END IF;
  -- A provider's invoice is paid once.
  c.key := format('invoice/%s/%s', v.id, coalesce(m ->> 'provider_id', m ->> 'event'));
  c.status := 'open'; c.subject := 'invoice'; c.subject_id := v.id; c.account_id := v.org_id; c.reason := fault;
  c.said := m; c.opened_at := (m ->> 'at')::timestamptz;
  c.wanted := jsonb_build_object('amount', v.amount - v.credited_amount, 'currency', v.currency);
  PERFORM boon.open_payment_case(c);
  RETURN 'case';
END $$;
