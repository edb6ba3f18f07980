-- Invoices: what an organisation was charged in a billing month, once that is over.

-- `open` waits for the money; of one that is `credited` in whole, or `void`, none is owed any more.
CREATE TYPE boon.invoice_status AS ENUM ('open', 'paid', 'credited', 'void');

-- One a billing month. `credits` is the sum of its charges; `amount` its price, in the currency's smallest unit.
CREATE TABLE boon.invoices (
  id text COLLATE "C" PRIMARY KEY,
  org_id text COLLATE "C" NOT NULL,
  month date NOT NULL,
  status boon.invoice_status NOT NULL,
  credits bigint NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  policy_version text NOT NULL,
  issued_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  paid_at timestamptz,
  voided_at timestamptz,
  -- What credit notes took off both.
  credited bigint NOT NULL DEFAULT 0,
  credited_amount bigint NOT NULL DEFAULT 0,
  -- The provider's id of it, since when the provider collects the money (until then it is a draft there), and its page.
  provider_id text,
  provider_since timestamptz,
  provider_url text,
  -- Whether the provider has not been told yet of all that was corrected.
  provider_behind boolean NOT NULL DEFAULT false,
  -- What became of the mail that tells of it; null until that is known.
  notice text,
  UNIQUE (org_id, month),
  FOREIGN KEY (org_id, month) REFERENCES boon.billing_months,
  CONSTRAINT invoice_is_sound CHECK (
    credits > 0 AND amount > 0 AND (status = 'paid') = (paid_at IS NOT NULL) AND (status = 'void') = (voided_at IS NOT NULL)
    AND credited BETWEEN 0 AND credits AND credited_amount BETWEEN 0 AND amount
    AND (status = 'credited') = (credited = credits) AND (status = 'credited') = (credited_amount = amount))
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX invoices_by_provider ON boon.invoices (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX invoices_unfinished ON boon.invoices (org_id, month) WHERE notice IS NULL OR provider_behind;
CREATE INDEX billing_months_open ON boon.billing_months (org_id, month) WHERE closed_at IS NULL;

-- What each member used of each product and model. The amounts add up to the invoice's.
CREATE TABLE boon.invoice_lines (
  invoice_id text COLLATE "C" NOT NULL REFERENCES boon.invoices,
  line int NOT NULL,
  member_id text COLLATE "C" NOT NULL,
  product text NOT NULL,
  model text,
  uses int NOT NULL,
  -- Millionths, of the whole uses, of which the plan or the pool may have paid a part.
  units numeric NOT NULL,
  credits bigint NOT NULL CHECK (credits > 0),
  amount bigint NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (invoice_id, line),
  UNIQUE NULLS NOT DISTINCT (invoice_id, member_id, product, model)
);
SELECT boon.make_append_only('boon.invoice_lines');

-- `provider_disagreed` tells where the provider has other than the ledger: a person must see to it there.
CREATE TYPE boon.invoice_movement AS ENUM (
  'issued', 'drafted', 'sent_to_provider', 'notified', 'credited', 'voided', 'paid', 'provider_disagreed');

-- What happened to invoices, and who said so.
CREATE TABLE boon.invoice_movements (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  invoice_id text COLLATE "C" NOT NULL,
  kind boon.invoice_movement NOT NULL,
  said_by text NOT NULL,
  reference text,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
-- Most happens once; several credit notes there may be, and several things that the provider has otherwise.
CREATE UNIQUE INDEX invoice_moves_once ON boon.invoice_movements
  (invoice_id, kind, (CASE WHEN kind IN ('credited', 'provider_disagreed') THEN reference END)) NULLS NOT DISTINCT;
SELECT boon.make_append_only('boon.invoice_movements');

CREATE FUNCTION boon.invoice_view(v boon.invoices) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', v.id, 'account_id', v.org_id, 'month', v.month, 'starts_at', m.starts_at, 'ends_at', m.ends_at,
    'status', v.status, 'credits', boon.credits(v.credits), 'total', jsonb_build_object('amount', v.amount, 'currency', v.currency),
    'credited', jsonb_build_object('amount', v.credited_amount, 'currency', v.currency),
    'open', jsonb_build_object('amount', CASE v.status WHEN 'open' THEN v.amount - v.credited_amount ELSE 0 END, 'currency', v.currency),
    'issued_at', v.issued_at, 'due_at', v.due_at, 'paid_at', v.paid_at, 'voided_at', v.voided_at, 'payment_url', v.provider_url, 'notice', v.notice,
    'provider_fault', (SELECT x.reference FROM boon.invoice_movements x WHERE x.invoice_id = v.id AND x.kind = 'provider_disagreed' ORDER BY x.seq DESC LIMIT 1))
  FROM boon.billing_months m WHERE m.org_id = v.org_id AND m.month = v.month
$$;

CREATE FUNCTION boon.note_invoice(v boon.invoices, p_kind boon.invoice_movement, p_by text, p_reference text, p_at timestamptz, p_more jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.invoice_movements (invoice_id, kind, said_by, reference, effective_at) VALUES (v.id, p_kind, p_by, p_reference, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('invoice.' || p_kind, v.id, ARRAY[v.org_id], boon.invoice_view(v) || p_more, p_at);
$$;

-- What micro-credits cost at a price of a hundred credits, rounded up to a whole coin. By `div`, since `/` may have too
-- few decimals for that.
CREATE FUNCTION boon.invoice_price(p_micro numeric, p_hundred_credits bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN div(p_micro * p_hundred_credits + 99999999, 100000000)::bigint;

-- Closes a billing month that is over and writes its invoice; one that is closed keeps its own. Answers {invoice} or
-- {code, detail}. Whatever is told of the month afterwards counts in the next.
CREATE FUNCTION boon.close_billing_month(p_org text, p_month date, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  m boon.billing_months;
  v boon.invoices;
BEGIN
  -- Uses that charge the organisation hold this lock too: none is between two months.
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p_org FOR UPDATE;
  SELECT * INTO v FROM boon.invoices x WHERE x.org_id = p_org AND x.month = p_month;
  IF FOUND THEN RETURN jsonb_build_object('invoice', boon.invoice_view(v)); END IF;
  SELECT * INTO m FROM boon.billing_months x WHERE x.org_id = p_org AND x.month = p_month;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('code', 'not_found', 'detail', format('Nothing was charged to "%s" in the month that began on %s.', p_org, p_month));
  ELSIF p_at < m.ends_at THEN
    RETURN jsonb_build_object('code', 'validation_failed', 'detail', format('The billing month has not ended; it does at %s.', m.ends_at));
  END IF;
  UPDATE boon.billing_months x SET closed_at = p_at WHERE x.org_id = p_org AND x.month = p_month;
  INSERT INTO boon.invoices (id, org_id, month, status, credits, amount, currency, policy_version, issued_at, due_at)
    SELECT 'inv_' || left(encode(sha256(convert_to(p_org || '/' || p_month, 'UTF8')), 'hex'), 24), p_org, p_month, 'open', m.charged,
      boon.invoice_price(m.charged, r.hundred_credits), r.currency, m.policy_version, p_at, p_at + r.due_within
    FROM boon.invoice_rules r WHERE r.version = m.policy_version RETURNING * INTO STRICT v;
  -- Each line's price is what it adds to the running sum, rounded up: so the lines add up to the whole.
  INSERT INTO boon.invoice_lines
    SELECT v.id, l.line, l.member_id, l.product, l.model, l.uses, l.units, l.credits,
      boon.invoice_price(l.so_far, r.hundred_credits) - boon.invoice_price(l.so_far - l.credits, r.hundred_credits)
    FROM (SELECT g.*, row_number() OVER w AS line, sum(g.credits) OVER w AS so_far
          FROM (SELECT c.member_id, c.product, c.model, count(*) AS uses, sum(c.units) AS units, sum(c.amount) AS credits
                FROM boon.charges c WHERE c.org_id = p_org AND c.month = p_month GROUP BY c.member_id, c.product, c.model) g
          WINDOW w AS (ORDER BY g.member_id, g.product, g.model)) l
    JOIN boon.invoice_rules r ON r.version = v.policy_version;
  PERFORM boon.note_invoice(v, 'issued', 'boon', NULL, p_at);
  RETURN jsonb_build_object('invoice', boon.invoice_view(v));
END $$;

-- Remembers the provider's draft of an invoice, before anything else is done there; the first stays. Answers its id.
CREATE FUNCTION boon.note_invoice_draft(p_id text, p_provider_id text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  UPDATE boon.invoices x SET provider_id = p_provider_id WHERE x.id = p_id AND x.provider_id IS NULL RETURNING * INTO v;
  IF FOUND THEN PERFORM boon.note_invoice(v, 'drafted', 'boon', p_provider_id, p_at); END IF;
  RETURN (SELECT x.provider_id FROM boon.invoices x WHERE x.id = p_id);
END $$;

-- Notes that the provider collects the money of its draft, once.
CREATE FUNCTION boon.note_invoice_sent(p_id text, p_url text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  UPDATE boon.invoices x SET provider_since = p_at, provider_url = p_url WHERE x.id = p_id AND x.provider_id IS NOT NULL AND x.provider_since IS NULL
    RETURNING * INTO v;
  IF FOUND THEN PERFORM boon.note_invoice(v, 'sent_to_provider', 'boon', v.provider_id, p_at); END IF;
END $$;

-- Notes what became of the mail, once.
CREATE FUNCTION boon.note_invoice_notice(p_id text, p_outcome text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  UPDATE boon.invoices x SET notice = p_outcome WHERE x.id = p_id AND x.notice IS NULL RETURNING * INTO v;
  IF FOUND THEN PERFORM boon.note_invoice(v, 'notified', 'boon', p_outcome, p_at); END IF;
END $$;

CREATE TYPE boon.payment_request AS (
  i int, key text, input_hash text, at timestamptz, id text, said_by text, reference text);

-- Refuses what only an open invoice can have done to it; null when it is open.
CREATE FUNCTION boon.invoice_refused(v boon.invoices) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('code', 'invoice_closed', 'reason_code', v.status, 'detail',
    format('The invoice is %s: nothing of it is open.', CASE v.status WHEN 'credited' THEN 'credited in whole' ELSE v.status::text END))
  WHERE v.status <> 'open'
$$;

-- Invoices whose money has come, as an operator or the provider says; one that is paid stays as it is. Takes an array;
-- answers each by its `i`: {invoice} or {code, reason_code, detail}.
CREATE FUNCTION boon.pay_invoices(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
      IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;
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
