CREATE TYPE boon_code.refunded_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  id text,
  refunded bigint,
  currency text,
  reason text,
  said_by text
);

-- Corrects what Boon believes that the provider has given back of purchases, in all, as an operator sees it there. Takes an array;
-- answers each by its `i`: {purchase} or {code, detail, errors}.
CREATE FUNCTION boon_code.correct_refunded(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.refunded_request;
  p boon.purchases;
  own bigint;
BEGIN
  PERFORM boon_code.lock_with_gifts(array_agg(x.id), '{}', array_agg(x.account_id))
    FROM json_populate_recordset(NULL::boon_code.refunded_request, p_requests) q JOIN boon.purchases x ON x.id = q.id HAVING count(*) > 0;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.refunded_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO p FROM boon.purchases x WHERE x.id = r.id FOR UPDATE;
    own := boon_code.money_refunded(p) - p.elsewhere + boon_code.money_refunding(p);
    IF p.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no purchase "%s".', r.id));
    ELSIF p.paid_at IS NULL THEN
      result := jsonb_build_object('code', 'not_paid', 'detail', format('The purchase is %s.', p.status));
    ELSIF r.currency <> p.currency THEN
      result := boon_code.wrong_currency('refunded', p.currency);
    ELSIF r.refunded NOT BETWEEN own AND greatest(own, p.paid) THEN
      result := jsonb_build_object('code', 'validation_failed',
        'detail', format('Refunds that Boon was asked for come to %s, and %s were paid.', boon_code.money(own, p.currency), boon_code.money(p.paid, p.currency)),
        'errors', jsonb_build_array(jsonb_build_object('path', 'refunded.amount', 'message', format('must be from %s to %s', own, greatest(own, p.paid)))));
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.refund_corrections (purchase_id, elsewhere, known, reason, said_by, effective_at)
      VALUES (p.id, r.refunded - own, boon_code.known_elsewhere(p, r.at), r.reason, r.said_by, r.at);
    p := boon_code.follow_refunds(p, NULL, r.at);
    INSERT INTO boon.purchase_movements (purchase_id, kind, amount, effective_at) VALUES (p.id, 'corrected', r.refunded, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('purchase.corrected', p.id, ARRAY[p.account_id],
      (boon_code.purchase_view(p) - 'checkout') || jsonb_build_object('by', r.said_by, 'reason', r.reason), r.at);
    result := jsonb_build_object('purchase', boon_code.with_payment(boon_code.purchase_view(p)));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
