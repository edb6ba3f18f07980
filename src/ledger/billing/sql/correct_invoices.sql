CREATE TYPE boon_code.correction_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  id text,
  kind boon.invoice_correction,
  amount bigint,
  currency text,
  said_by text,
  reason text
);

-- Credits a part of an open invoice, or voids it. Takes an array; answers each by its `i`: {invoice, correction} or
-- {code, reason_code, detail}.
CREATE FUNCTION boon_code.correct_invoices(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.correction_request;
  v boon.invoices;
  c boon.invoice_corrections;
BEGIN
  PERFORM FROM boon.invoices x WHERE x.id IN (SELECT q.id FROM json_populate_recordset(NULL::boon_code.correction_request, p_requests) q)
    ORDER BY x.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.correction_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO v FROM boon.invoices x WHERE x.id = r.id;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no invoice "%s".', r.id));
      RETURN NEXT; CONTINUE;
    END IF;
    result := boon_code.invoice_refused(v);
    IF result IS NULL AND r.currency <> v.currency THEN result := boon_code.wrong_currency('amount', v.currency); END IF;
    IF result IS NULL AND r.amount > v.amount - v.credited_amount THEN
      result := jsonb_build_object('code', 'over_open_amount', 'detail', format('Of the invoice %s are open.', boon_code.money(v.amount - v.credited_amount, v.currency)));
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;

    c := NULL;
    c.number := (SELECT count(*) + 1 FROM boon.invoice_corrections x WHERE x.invoice_id = v.id);
    c.id := 'crn_' || substr(v.id, 5) || '_' || c.number;
    c.invoice_id := v.id; c.kind := r.kind; c.reason := r.reason; c.said_by := r.said_by; c.effective_at := r.at;
    c.amount := coalesce(r.amount, v.amount - v.credited_amount);
    -- At the invoice's own price, over all that was credited: the last coin takes the last credit.
    c.credits := div((v.credited_amount + c.amount)::numeric * v.credits, v.amount) - v.credited;
    c.transfer := (boon_code.post('correction', 'boon:receivable', 'boon:revenue', c.credits, c.id, r.at)).transfer;
    c.recorded_at := transaction_timestamp();
    INSERT INTO boon.invoice_corrections SELECT c.*;
    IF c.kind = 'void' THEN
      UPDATE boon.invoices x SET status = 'void', voided_at = r.at, provider_behind = true WHERE x.id = v.id RETURNING * INTO v;
    ELSE
      UPDATE boon.invoices x SET credited = x.credited + c.credits, credited_amount = x.credited_amount + c.amount, provider_behind = true,
        status = CASE WHEN x.credited_amount + c.amount = x.amount THEN 'credited'::boon.invoice_status ELSE x.status END
        WHERE x.id = v.id RETURNING * INTO v;
    END IF;
    PERFORM boon_code.note_invoice(v, CASE c.kind WHEN 'void' THEN 'voided'::boon.invoice_movement ELSE 'credited' END, r.said_by, c.id, r.at,
      jsonb_build_object('correction', boon_code.correction_view(c)));
    result := jsonb_build_object('invoice', boon_code.invoice_view(v), 'correction', boon_code.correction_view(c));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
