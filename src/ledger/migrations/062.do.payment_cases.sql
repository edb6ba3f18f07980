-- Cases: payments that do not fit what they name. Nothing moves for such a payment; a person decides what becomes of its money.

-- What was paid in all, tax on top of the price included, stands in `paid`; this is the tax of it. Null where it was paid before
-- anybody compared.
ALTER TABLE boon.purchases ADD COLUMN tax bigint CHECK (tax >= 0);

-- `waiting`: nobody need look yet, for another message will tell; `open`: a person must decide; `closed`: somebody has, or Boon
-- when what came later made the payment fit.
CREATE TYPE boon.case_status AS ENUM ('waiting', 'open', 'closed');
CREATE TYPE boon.case_subject AS ENUM ('purchase', 'invoice');
CREATE TYPE boon.case_reason AS ENUM (
  -- A page that the purchase does not have, or does not have yet; a payment of a page whose page has not told of it.
  'wrong_checkout', 'checkout_unknown', 'unconfirmed',
  'wrong_invoice', 'wrong_mode', 'wrong_currency', 'amount_unknown', 'wrong_amount',
  -- Paid before by another payment; void here; more than the owner of a top-up consented to for the month.
  'paid_twice', 'void', 'over_cap');

CREATE TABLE boon.payment_cases (
  id text COLLATE "C" PRIMARY KEY,
  -- The payment, once for ever: what it names, and the provider's id of it (or of its page, or of the message).
  key text COLLATE "C" NOT NULL UNIQUE,
  status boon.case_status NOT NULL,
  subject boon.case_subject NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  reason boon.case_reason NOT NULL,
  payment_id text COLLATE "C",
  -- What the provider said, as it was heard, and what would have been right.
  said jsonb NOT NULL,
  wanted jsonb NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  closed_by text,
  close_reason text,
  CONSTRAINT case_is_sound CHECK ((status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
    AND (closed_at IS NULL) = (close_reason IS NULL))
) WITH (fillfactor = 85);
CREATE INDEX payment_cases_by_time ON boon.payment_cases (opened_at, id) WHERE status <> 'waiting';
CREATE INDEX payment_cases_open ON boon.payment_cases (opened_at, id) WHERE status = 'open';
CREATE INDEX payment_cases_by_subject ON boon.payment_cases (subject_id);
CREATE INDEX payment_cases_by_account ON boon.payment_cases (account_id, opened_at, id);
CREATE INDEX payment_cases_by_payment ON boon.payment_cases (payment_id) WHERE payment_id IS NOT NULL;

-- What is known of a purchase's payment, laid over its view; null stays null.
CREATE FUNCTION boon.with_payment(p_view jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_view IS NOT NULL THEN p_view || coalesce((
    SELECT jsonb_build_object('paid', p.paid, 'tax', CASE WHEN p.paid_at IS NOT NULL THEN coalesce(p.tax, 0) END) FROM boon.purchases p WHERE p.id = p_view ->> 'id'), '{}') END
$$;

-- Refunds and disputes of the payment of a case are followed for themselves: what they say has gone back of it.
CREATE FUNCTION boon.case_view(c boon.payment_cases) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', c.id, 'status', c.status, 'account_id', c.account_id,
    'purchase_id', CASE c.subject WHEN 'purchase' THEN c.subject_id END, 'invoice_id', CASE c.subject WHEN 'invoice' THEN c.subject_id END,
    'reason_code', c.reason, 'payment_id', c.payment_id, 'checkout_id', c.said ->> 'checkout_id', 'event', c.said ->> 'event',
    'amount', (c.said ->> 'amount')::bigint, 'currency', c.said ->> 'currency', 'live', (c.said ->> 'live')::boolean, 'price', c.wanted,
    'refunded', greatest((SELECT sum(r.amount) FROM boon.provider_refunds r WHERE r.payment_id = c.payment_id AND r.status <> 'failed'),
      (SELECT max(t.total) FROM boon.provider_totals t WHERE t.payment_id = c.payment_id
         AND NOT EXISTS (SELECT FROM boon.provider_refunds r WHERE r.payment_id = c.payment_id)), 0),
    'disputed', coalesce((SELECT sum(d.amount) FROM boon.disputes d WHERE d.payment_id = c.payment_id AND d.status <> 'won'), 0),
    'opened_at', c.opened_at, 'closed_at', c.closed_at, 'closed_by', c.closed_by, 'close_reason', c.close_reason)
$$;

CREATE FUNCTION boon.note_payment_case(c boon.payment_cases, p_what text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('case.' || p_what, c.id, ARRAY[c.account_id], boon.case_view(c), p_at)
$$;

-- The purchase that a word about a payment belongs to: the one that it paid, else the one of whose case it is, else the one that the
-- word names.
CREATE FUNCTION boon.purchase_of_payment(p_payment text, p_named text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT x.id FROM boon.purchases x WHERE x.payment_id = p_payment),
    (SELECT c.subject_id FROM boon.payment_cases c WHERE c.payment_id = p_payment AND c.subject = 'purchase' ORDER BY c.opened_at, c.id LIMIT 1), p_named)
$$;

-- Opens a case, once for each key: one that waited is opened, and one that is open for want of another message is told anew. Any
-- other stays as it is. Returns it. The caller has locked the account, or the invoice.
CREATE FUNCTION boon.open_payment_case(c boon.payment_cases) RETURNS boon.payment_cases LANGUAGE plpgsql AS $$
DECLARE
  known boon.payment_cases;
BEGIN
  SELECT * INTO known FROM boon.payment_cases x WHERE x.key = c.key FOR UPDATE;
  IF known.status = 'closed' OR (known.status = 'open' AND (c.status = 'waiting' OR known.reason NOT IN ('checkout_unknown', 'unconfirmed')))
    OR (known.status, known.reason) = (c.status, c.reason) THEN
    RETURN known;
  END IF;
  c.id := 'cas_' || left(encode(sha256(convert_to(c.key, 'UTF8')), 'hex'), 24);
  c.opened_at := coalesce(known.opened_at, c.opened_at);
  INSERT INTO boon.payment_cases SELECT c.*
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason, said = excluded.said, wanted = excluded.wanted;
  IF c.status = 'open' THEN PERFORM boon.note_payment_case(c, CASE known.status WHEN 'open' THEN 'changed' ELSE 'opened' END, (c.said ->> 'at')::timestamptz); END IF;
  RETURN c;
END $$;

CREATE TYPE boon.case_request AS (i int, key text, input_hash text, at timestamptz, id text, said_by text, reason text);

-- Closes open cases, as an operator says. Takes an array; answers each by its `i`: {case} or {code, detail}.
CREATE FUNCTION boon.close_payment_cases(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
    IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;
    UPDATE boon.payment_cases x SET status = 'closed', closed_at = r.at, closed_by = r.said_by, close_reason = r.reason WHERE x.id = c.id RETURNING * INTO c;
    PERFORM boon.note_payment_case(c, 'closed', r.at);
    result := jsonb_build_object('case', boon.case_view(c));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
