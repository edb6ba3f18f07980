-- Corrections of invoices that are open: a credit note takes a part off, voiding the whole of what is still open. The
-- revenue of it is taken back and less is receivable; what was charged, and the invoice's lines, stay as they were.

CREATE TYPE boon.invoice_correction AS ENUM ('credit', 'void');

-- `amount` is in the invoice's currency, `credits` what that is of its credits.
CREATE TABLE boon.invoice_corrections (
  id text COLLATE "C" PRIMARY KEY,
  invoice_id text COLLATE "C" NOT NULL REFERENCES boon.invoices,
  number int NOT NULL,
  kind boon.invoice_correction NOT NULL,
  credits bigint NOT NULL,
  amount bigint NOT NULL,
  transfer bigint NOT NULL UNIQUE,
  reason text NOT NULL,
  said_by text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  UNIQUE (invoice_id, number),
  CONSTRAINT correction_is_sound CHECK (credits > 0 AND amount > 0)
);
SELECT boon.make_append_only('boon.invoice_corrections');

-- What became of telling the provider: `not_there` where it does not collect the invoice, and from then on never does.
CREATE TYPE boon.telling AS ENUM ('done', 'refused', 'not_there');

CREATE TABLE boon.told_corrections (
  correction_id text COLLATE "C" PRIMARY KEY REFERENCES boon.invoice_corrections,
  outcome boon.telling NOT NULL,
  -- The provider's id of a credit note, or why it was refused.
  reference text,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
SELECT boon.make_append_only('boon.told_corrections');

CREATE FUNCTION boon.correction_view(c boon.invoice_corrections) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', c.id, 'invoice_id', c.invoice_id, 'kind', c.kind, 'credits', boon.credits(c.credits),
    'total', jsonb_build_object('amount', c.amount, 'currency', v.currency), 'reason', c.reason, 'at', c.effective_at)
  FROM boon.invoices v WHERE v.id = c.invoice_id
$$;

CREATE TYPE boon.correction_request AS (
  i int, key text, input_hash text, at timestamptz, id text, kind boon.invoice_correction, amount bigint, said_by text, reason text);

-- Credits a part of an open invoice, or voids it. Takes an array; answers each by its `i`: {invoice, correction} or
-- {code, reason_code, detail}.
CREATE FUNCTION boon.correct_invoices(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
      result := jsonb_build_object('code', 'over_open_amount', 'detail', format('Of the invoice %s are open, in %s’s smallest coin.',
        v.amount - v.credited_amount, upper(v.currency)));
    END IF;
    IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;

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

-- Notes where the provider has other than the ledger, once in the same words.
CREATE FUNCTION boon.note_invoice_disagreement(p_id text, p_what text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  SELECT * INTO STRICT v FROM boon.invoices x WHERE x.id = p_id FOR UPDATE;
  IF EXISTS (SELECT FROM boon.invoice_movements x WHERE x.invoice_id = p_id AND x.kind = 'provider_disagreed' AND x.reference = p_what) THEN RETURN; END IF;
  PERFORM boon.note_invoice(v, 'provider_disagreed', 'boon', p_what, p_at);
END $$;

-- Notes what became of telling the provider of a correction, once.
CREATE FUNCTION boon.note_correction_told(p_id text, p_outcome boon.telling, p_reference text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  invoice text := (SELECT c.invoice_id FROM boon.invoice_corrections c WHERE c.id = p_id);
BEGIN
  PERFORM FROM boon.invoices x WHERE x.id = invoice FOR UPDATE;
  INSERT INTO boon.told_corrections (correction_id, outcome, reference, effective_at) VALUES (p_id, p_outcome, p_reference, p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE boon.invoices x SET provider_behind = EXISTS (
      SELECT FROM boon.invoice_corrections c WHERE c.invoice_id = invoice AND NOT EXISTS (SELECT FROM boon.told_corrections t WHERE t.correction_id = c.id))
    WHERE x.id = invoice;
  IF p_outcome = 'refused' THEN PERFORM boon.note_invoice_disagreement(invoice, p_id || ': ' || p_reference, p_at); END IF;
END $$;
