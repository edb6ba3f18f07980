CREATE TYPE boon_code.payment_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  id text,
  said_by text,
  reference text
);

-- Invoices whose money has come, as an operator or the provider says; one that is paid stays as it is. Takes an array;
-- answers each by its `i`: {invoice} or {code, reason_code, detail}.
CREATE FUNCTION boon_code.pay_invoices(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.payment_request;
  v boon.invoices;
BEGIN
  PERFORM FROM boon.invoices x WHERE x.id IN (SELECT q.id FROM json_populate_recordset(NULL::boon_code.payment_request, p_requests) q)
    ORDER BY x.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.payment_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO v FROM boon.invoices x WHERE x.id = r.id;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no invoice "%s".', r.id));
      RETURN NEXT; CONTINUE;
    END IF;
    IF v.status <> 'paid' THEN
      result := boon_code.invoice_refused(v);
      IF result IS NOT NULL THEN
        PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
        RETURN NEXT; CONTINUE;
      END IF;
      UPDATE boon.invoices x SET status = 'paid', paid_at = r.at WHERE x.id = v.id RETURNING * INTO v;
      PERFORM boon_code.post('payment', 'boon:receivable', 'boon:payments', v.credits - v.credited, v.id, r.at);
      PERFORM boon_code.note_invoice(v, 'paid', r.said_by, r.reference, r.at);
    END IF;
    result := jsonb_build_object('invoice', boon_code.invoice_view(v));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
