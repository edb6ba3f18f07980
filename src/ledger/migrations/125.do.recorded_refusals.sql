-- A refusal is recorded under its key, as every answer is (docs/adr/0004): of a purchase, a refund, a correction, a payment of an
-- invoice, the closing of a case. A copy that comes late moves nothing of which its caller was told that it did not.

-- Keeps the answer of a write under its key, but for what decided nothing: what is not there, or is no request.
CREATE FUNCTION boon.keep_answer(p_key text, p_input_hash text, p_result jsonb, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.idempotency_keys SELECT p_key, decode(p_input_hash, 'hex'), p_result, p_at
    WHERE coalesce(p_result ->> 'code', '') NOT IN ('not_found', 'validation_failed')
$$;

-- As in 040; an organisation buys resets too.
CREATE OR REPLACE FUNCTION boon.begin_purchases(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.purchase_request;
  a boon.accounts;
  wanted boon.package_rules;
  rules boon.purchase_rules;
  p boon.purchases;
BEGIN
  SELECT * INTO STRICT rules FROM boon.purchase_rules x WHERE x.version = p_policy;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.purchase_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      -- As it stands now, for its checkout may have been made since.
      IF result ? 'purchase' THEN
        result := jsonb_build_object('purchase', (SELECT boon.purchase_view(x) FROM boon.purchases x WHERE x.id = result #>> '{purchase,id}'));
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO a FROM boon.accounts x WHERE x.id = r.account_id;
    SELECT * INTO wanted FROM boon.package_rules x WHERE x.version = p_policy AND x.package = r.package;
    IF a.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
    ELSIF wanted.package IS NULL THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', format('There is no package "%s".', r.package),
        'errors', jsonb_build_array(jsonb_build_object('path', 'package', 'message', 'must be a package of the policy')));
    ELSIF a.status <> 'active' THEN
      result := jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
    ELSIF wanted.credits > boon.room_of(a.id) THEN
      result := boon.full_account(a.id);
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, save_card, created_at, expires_at)
      VALUES (r.id, a.id, 'checkout', 'open', wanted.package, wanted.credits, wanted.resets, wanted.price, wanted.currency, p_policy,
        coalesce(r.save_card, false), r.at, r.at + rules.checkout_valid_for) RETURNING * INTO p;
    PERFORM boon.note_purchase(p, 'created', p.price, NULL, r.at);
    result := jsonb_build_object('purchase', boon.purchase_view(p));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Takes an array of refunds to be; answers each by its `i`: {refund} or {code, detail, errors}.
CREATE OR REPLACE FUNCTION boon.begin_refunds(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.refund_request;
  p boon.purchases;
  before boon.purchases;
  f boon.refunds;
  left_over bigint;
  unspent bigint;
  wanted bigint;
  purchases text[] := ARRAY(SELECT q.purchase_id FROM json_populate_recordset(NULL::boon.refund_request, p_requests) q);
BEGIN
  PERFORM boon.lock_with_gifts(purchases, '{}', ARRAY(SELECT x.account_id FROM boon.purchases x WHERE x.id = ANY (purchases)));
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.refund_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      -- As it stands now.
      IF result ? 'refund' THEN
        result := jsonb_build_object('refund', (SELECT boon.refund_view(x) FROM boon.refunds x WHERE x.id = result #>> '{refund,id}'));
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO p FROM boon.purchases x WHERE x.id = r.purchase_id FOR UPDATE;
    left_over := p.paid - boon.money_back(p);
    wanted := coalesce(r.amount, left_over);
    IF p.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no purchase "%s".', r.purchase_id));
    ELSIF p.paid_at IS NULL THEN
      result := jsonb_build_object('code', 'not_paid', 'detail', format('The purchase is %s.', p.status));
    ELSIF left_over <= 0 THEN
      result := jsonb_build_object('code', 'over_refund', 'detail', 'All of its money has gone back, or is about to.');
    ELSIF wanted > left_over THEN
      result := jsonb_build_object('code', 'over_refund', 'detail', format('Of its money %s are left to refund.', boon.money(left_over, p.currency)),
        'errors', jsonb_build_array(jsonb_build_object('path', 'amount', 'message', format('must be at most %s', left_over))));
    ELSIF NOT coalesce(r.include_spent, false) THEN
      unspent := boon.refundable_unspent(p);
      IF wanted > unspent THEN
        result := jsonb_build_object('code', 'already_spent',
          'detail', CASE WHEN unspent = 0 THEN 'What was bought is spent: no money can go back for the rest.'
            ELSE format('Part of what was bought is spent: %s can go back for the rest.', boon.money(unspent, p.currency)) END,
          'errors', jsonb_build_array(jsonb_build_object('path', 'amount', 'message', CASE WHEN unspent = 0 THEN 'needs include_spent true'
            ELSE format('must be at most %s, or include_spent true', unspent) END)));
      END IF;
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.refunds (id, purchase_id, status, amount, reason, asked_by, created_at)
      VALUES (r.id, p.id, 'pending', wanted, r.reason, r.asked_by, r.at);
    before := p;
    p := boon.settle_purchase(p, r.at);
    UPDATE boon.refunds x SET taken = p.taken - before.taken, owed = greatest(p.owed - before.owed, 0), resets_taken = p.resets_taken - before.resets_taken
      WHERE x.id = r.id RETURNING * INTO f;
    PERFORM boon.note_refund_movement(f, 'requested', NULL, r.at);
    PERFORM boon.heed_top_up(p, 'refunded', r.at);
    result := jsonb_build_object('refund', boon.refund_view(f));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Corrects what Boon believes that the provider has given back of purchases, in all, as an operator sees it there. Takes an array;
-- answers each by its `i`: {purchase} or {code, detail, errors}.
CREATE OR REPLACE FUNCTION boon.correct_refunded(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.refunded_request;
  p boon.purchases;
  own bigint;
BEGIN
  PERFORM boon.lock_with_gifts(array_agg(x.id), '{}', array_agg(x.account_id))
    FROM json_populate_recordset(NULL::boon.refunded_request, p_requests) q JOIN boon.purchases x ON x.id = q.id HAVING count(*) > 0;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.refunded_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO p FROM boon.purchases x WHERE x.id = r.id FOR UPDATE;
    own := boon.money_refunded(p) - p.elsewhere + boon.money_refunding(p);
    IF p.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no purchase "%s".', r.id));
    ELSIF p.paid_at IS NULL THEN
      result := jsonb_build_object('code', 'not_paid', 'detail', format('The purchase is %s.', p.status));
    ELSIF r.refunded NOT BETWEEN own AND greatest(own, p.paid) THEN
      result := jsonb_build_object('code', 'validation_failed',
        'detail', format('Refunds that Boon was asked for come to %s, and %s were paid.', boon.money(own, p.currency), boon.money(p.paid, p.currency)),
        'errors', jsonb_build_array(jsonb_build_object('path', 'refunded', 'message', format('must be from %s to %s', own, greatest(own, p.paid)))));
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.refund_corrections (purchase_id, elsewhere, known, reason, said_by, effective_at)
      VALUES (p.id, r.refunded - own, boon.known_elsewhere(p, r.at), r.reason, r.said_by, r.at);
    p := boon.follow_refunds(p, NULL, r.at);
    INSERT INTO boon.purchase_movements (purchase_id, kind, amount, effective_at) VALUES (p.id, 'corrected', r.refunded, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('purchase.corrected', p.id, ARRAY[p.account_id],
      (boon.purchase_view(p) - 'checkout') || jsonb_build_object('by', r.said_by, 'reason', r.reason), r.at);
    result := jsonb_build_object('purchase', boon.with_payment(boon.purchase_view(p)));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Closes open cases, as an operator says. Takes an array; answers each by its `i`: {case} or {code, detail}.
CREATE OR REPLACE FUNCTION boon.close_payment_cases(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.case_request;
  c boon.payment_cases;
BEGIN
  PERFORM FROM boon.payment_cases x WHERE x.id IN (SELECT q.id FROM json_populate_recordset(NULL::boon.case_request, p_requests) q) ORDER BY x.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.case_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO c FROM boon.payment_cases x WHERE x.id = r.id AND x.status <> 'waiting';
    IF c.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no case "%s".', r.id));
    ELSIF c.status = 'closed' THEN
      result := jsonb_build_object('code', 'case_closed', 'detail', format('%s closed it: %s', c.closed_by, c.close_reason));
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    UPDATE boon.payment_cases x SET status = 'closed', closed_at = r.at, closed_by = r.said_by, close_reason = r.reason WHERE x.id = c.id RETURNING * INTO c;
    PERFORM boon.note_payment_case(c, 'closed', r.at);
    result := jsonb_build_object('case', boon.case_view(c));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Invoices whose money has come, as an operator or the provider says; one that is paid stays as it is. Takes an array;
-- answers each by its `i`: {invoice} or {code, reason_code, detail}.
CREATE OR REPLACE FUNCTION boon.pay_invoices(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.payment_request;
  v boon.invoices;
BEGIN
  PERFORM FROM boon.invoices x WHERE x.id IN (SELECT q.id FROM json_populate_recordset(NULL::boon.payment_request, p_requests) q)
    ORDER BY x.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.payment_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO v FROM boon.invoices x WHERE x.id = r.id;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no invoice "%s".', r.id));
      RETURN NEXT; CONTINUE;
    END IF;
    IF v.status <> 'paid' THEN
      result := boon.invoice_refused(v);
      IF result IS NOT NULL THEN
        PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);
        RETURN NEXT; CONTINUE;
      END IF;
      UPDATE boon.invoices x SET status = 'paid', paid_at = r.at WHERE x.id = v.id RETURNING * INTO v;
      INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
        VALUES ('posted', 'payment', 'boon:payments', 'boon:receivable', v.credits - v.credited, v.id, r.at);
      PERFORM boon.note_invoice(v, 'paid', r.said_by, r.reference, r.at);
    END IF;
    result := jsonb_build_object('invoice', boon.invoice_view(v));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Credits a part of an open invoice, or voids it. Takes an array; answers each by its `i`: {invoice, correction} or
-- {code, reason_code, detail}.
CREATE OR REPLACE FUNCTION boon.correct_invoices(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.correction_request;
  v boon.invoices;
  c boon.invoice_corrections;
BEGIN
  PERFORM FROM boon.invoices x WHERE x.id IN (SELECT q.id FROM json_populate_recordset(NULL::boon.correction_request, p_requests) q)
    ORDER BY x.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.correction_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO v FROM boon.invoices x WHERE x.id = r.id;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no invoice "%s".', r.id));
      RETURN NEXT; CONTINUE;
    END IF;
    result := boon.invoice_refused(v);
    IF result IS NULL AND r.amount > v.amount - v.credited_amount THEN
      result := jsonb_build_object('code', 'over_open_amount', 'detail', format('Of the invoice %s are open.', boon.money(v.amount - v.credited_amount, v.currency)));
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;

    c := NULL;
    c.number := (SELECT count(*) + 1 FROM boon.invoice_corrections x WHERE x.invoice_id = v.id);
    c.id := 'crn_' || substr(v.id, 5) || '_' || c.number;
    c.invoice_id := v.id; c.kind := r.kind; c.reason := r.reason; c.said_by := r.said_by; c.effective_at := r.at;
    c.amount := coalesce(r.amount, v.amount - v.credited_amount);
    -- At the invoice's own price, over all that was credited: the last coin takes the last credit.
    c.credits := div((v.credited_amount + c.amount)::numeric * v.credits, v.amount) - v.credited;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
      VALUES ('posted', 'correction', 'boon:revenue', 'boon:receivable', c.credits, c.id, r.at) RETURNING seq INTO c.transfer;
    c.recorded_at := transaction_timestamp();
    INSERT INTO boon.invoice_corrections SELECT c.*;
    IF c.kind = 'void' THEN
      UPDATE boon.invoices x SET status = 'void', voided_at = r.at, provider_behind = true WHERE x.id = v.id RETURNING * INTO v;
    ELSE
      UPDATE boon.invoices x SET credited = x.credited + c.credits, credited_amount = x.credited_amount + c.amount, provider_behind = true,
        status = CASE WHEN x.credited_amount + c.amount = x.amount THEN 'credited'::boon.invoice_status ELSE x.status END
        WHERE x.id = v.id RETURNING * INTO v;
    END IF;
    PERFORM boon.note_invoice(v, CASE c.kind WHEN 'void' THEN 'voided'::boon.invoice_movement ELSE 'credited' END, r.said_by, c.id, r.at,
      jsonb_build_object('correction', boon.correction_view(c)));
    result := jsonb_build_object('invoice', boon.invoice_view(v), 'correction', boon.correction_view(c));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
