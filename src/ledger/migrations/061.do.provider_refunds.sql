-- What the provider says of money that went back. Each refund is followed by its own id and state, whoever made it; the sum that a
-- charge tells is only a bound, for what no refund told of.

ALTER TYPE boon.purchase_movement ADD VALUE 'refund_failed';
ALTER TYPE boon.purchase_movement ADD VALUE 'corrected';

-- `payment_id` is null where the provider's word named none; `refund_id` is Boon's own, and null of one that was made elsewhere.
-- Its states are in order: pending, succeeded, failed. A later one stands, whichever is heard first. Times `made_at`, `live_at` and
-- `failed_at` are by the provider's clock: when it was made, and when it was last said to live, first said to have failed.
CREATE TABLE boon.provider_refunds (
  id text COLLATE "C" PRIMARY KEY,
  payment_id text COLLATE "C",
  purchase_id text COLLATE "C" NOT NULL,
  refund_id text COLLATE "C" UNIQUE,
  amount bigint NOT NULL,
  status boon.refund_status NOT NULL,
  made_at timestamptz,
  live_at timestamptz,
  failed_at timestamptz,
  first_heard timestamptz NOT NULL,
  last_heard timestamptz NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX provider_refunds_by_purchase ON boon.provider_refunds (purchase_id);
CREATE INDEX provider_refunds_by_payment ON boon.provider_refunds (payment_id) WHERE payment_id IS NOT NULL;

-- The latest sum that a payment's charge told. `lowers`: it may be less than before, for the charge was changed and not
-- refunded. `own`: Boon's refunds that had been asked for when it was heard, which may be in it.
CREATE TABLE boon.provider_totals (
  purchase_id text COLLATE "C" NOT NULL,
  payment_id text COLLATE "C",
  total bigint NOT NULL,
  said_at timestamptz,
  lowers boolean NOT NULL,
  own text[] NOT NULL,
  heard_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (purchase_id, payment_id)
) WITH (fillfactor = 85);
CREATE INDEX provider_totals_by_payment ON boon.provider_totals (payment_id) WHERE payment_id IS NOT NULL;

-- An operator's word on what the provider has given back, besides refunds that Boon was asked for (`elsewhere`). `known` is what
-- refunds that were known then had given back.
CREATE TABLE boon.refund_corrections (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purchase_id text COLLATE "C" NOT NULL,
  elsewhere bigint NOT NULL CHECK (elsewhere >= 0),
  known bigint NOT NULL,
  reason text NOT NULL,
  said_by text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
CREATE INDEX refund_corrections_by_purchase ON boon.refund_corrections (purchase_id, seq);
SELECT boon.make_append_only('boon.refund_corrections');

-- The payment that a dispute is of; null where it was not told.
ALTER TABLE boon.disputes ADD COLUMN payment_id text COLLATE "C";
CREATE INDEX disputes_by_payment ON boon.disputes (payment_id) WHERE payment_id IS NOT NULL;

-- Whether a word about a payment is about the one that paid the purchase.
CREATE FUNCTION boon.is_of_payment(p boon.purchases, p_payment text) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN p_payment IS NULL OR p.payment_id IS NULL OR p_payment = p.payment_id;

CREATE OR REPLACE FUNCTION boon.money_disputed(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(d.amount) FROM boon.disputes d
    WHERE d.purchase_id = p.id AND d.status <> 'won' AND p.paid_at IS NOT NULL AND boon.is_of_payment(p, d.payment_id)), 0)::bigint
$$;

-- What refunds that were made elsewhere, and are known by their ids, have given back of a purchase; with a moment, only those that
-- were made until then.
CREATE FUNCTION boon.known_elsewhere(p boon.purchases, p_until timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(r.amount), 0)::bigint FROM boon.provider_refunds r
  WHERE r.purchase_id = p.id AND r.refund_id IS NULL AND r.status <> 'failed' AND boon.is_of_payment(p, r.payment_id)
    AND (p_until IS NULL OR coalesce(r.made_at, r.first_heard) <= p_until)
$$;

-- What has gone back of a purchase by refunds that were made elsewhere. It follows from all that was heard, not from the order:
--  * a refund that is known by its id counts from its first message until it has failed;
--  * of the latest sum that the charge told, what no refund explains counts too: another refund, of which no message came. Explained
--    it is by those made elsewhere and by Boon's own, also by one that failed only after the sum was told;
--  * a sum that was lowered is the most that refunds told of before it can have given back;
--  * an operator's correction stands for all that was made and told until then. A refund that failed after it is taken off.
CREATE OR REPLACE FUNCTION boon.refunded_elsewhere(p boon.purchases) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  c boon.refund_corrections;
  t boon.provider_totals;
  corrected bigint := 0;
  -- Refunds made elsewhere: in the sum and told before it, in the sum and told to live after it, later than the sum; failed ones in the sum.
  before bigint; confirmed bigint; later bigint; failed bigint;
  -- Boon's own that may be in the sum, and that are.
  own bigint; own_for_sure bigint;
BEGIN
  IF p.paid_at IS NULL THEN RETURN 0; END IF;
  SELECT * INTO c FROM boon.refund_corrections x WHERE x.purchase_id = p.id ORDER BY x.seq DESC LIMIT 1;
  IF c.seq IS NOT NULL THEN
    corrected := greatest(0, c.elsewhere - greatest(0, c.known - boon.known_elsewhere(p, c.effective_at)) - coalesce((
      SELECT sum(x.amount) FROM boon.provider_refunds x
      WHERE x.purchase_id = p.id AND x.refund_id IS NULL AND x.status = 'failed' AND boon.is_of_payment(p, x.payment_id)
        AND x.first_heard > c.effective_at AND x.made_at <= c.effective_at AND coalesce(x.failed_at > c.effective_at, true)), 0));
  END IF;
  SELECT * INTO t FROM boon.provider_totals x
    WHERE x.purchase_id = p.id AND boon.is_of_payment(p, x.payment_id) AND (c.seq IS NULL OR coalesce(x.said_at, x.heard_at) > c.effective_at)
    ORDER BY x.said_at DESC NULLS LAST, x.lowers DESC, x.total DESC LIMIT 1;
  SELECT coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND r.counted AND NOT r.told_after), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND r.counted AND r.told_after), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND NOT r.counted), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status = 'failed' AND r.counted AND r.failed_after), 0)
    INTO before, confirmed, later, failed
    FROM (SELECT x.amount, x.status, coalesce(x.made_at <= t.said_at, true) AS counted, coalesce(x.live_at > t.said_at, false) AS told_after,
            coalesce(x.failed_at >= t.said_at, true) AS failed_after
          FROM boon.provider_refunds x
          WHERE x.purchase_id = p.id AND x.refund_id IS NULL AND boon.is_of_payment(p, x.payment_id)
            AND (c.seq IS NULL OR coalesce(x.made_at, x.first_heard) > c.effective_at)) r;
  IF t.total IS NULL THEN RETURN corrected + before + confirmed + later; END IF;
  SELECT coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' OR (r.provider_id IS NOT NULL AND coalesce(x.failed_at >= t.said_at, true))), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND x.live_at <= t.said_at), 0)
    INTO own, own_for_sure
    FROM boon.refunds r LEFT JOIN boon.provider_refunds x ON x.refund_id = r.id
    WHERE r.purchase_id = p.id AND r.id = ANY (t.own) AND coalesce(x.made_at <= t.said_at, true);
  before := before + corrected;
  IF t.lowers THEN before := least(before, greatest(0, t.total - own_for_sure - confirmed)); END IF;
  RETURN before + confirmed + later + greatest(0, t.total - own - failed - before - confirmed);
END $$;

-- Takes in the sum that a charge tells: {amount, payment_id?, said_at?, lowers?, at}. Of two sums the later by the provider's clock
-- stands; of the same second the one that was changed, then of changed ones the lower and of refunded ones the higher.
CREATE FUNCTION boon.note_provider_total(p boon.purchases, m jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.provider_totals AS t
    SELECT p.id, m ->> 'payment_id', (m ->> 'amount')::bigint, (m ->> 'said_at')::timestamptz, coalesce((m ->> 'lowers')::boolean, false),
      ARRAY(SELECT r.id FROM boon.refunds r WHERE r.purchase_id = p.id), (m ->> 'at')::timestamptz
  ON CONFLICT (purchase_id, payment_id) DO UPDATE
    SET total = excluded.total, said_at = excluded.said_at, lowers = excluded.lowers, own = excluded.own, heard_at = excluded.heard_at
    WHERE (coalesce(t.said_at, '-infinity'), t.lowers, CASE WHEN t.lowers THEN -t.total ELSE t.total END)
      < (coalesce(excluded.said_at, '-infinity'), excluded.lowers, CASE WHEN excluded.lowers THEN -excluded.total ELSE excluded.total END)
$$;

-- Takes in what is said of a refund that the provider has: {provider_id, payment_id?, status, amount?, made_at?, said_at?, at}. Each
-- field follows from all that was heard, whatever the order.
CREATE FUNCTION boon.note_provider_refund(p_purchase text, p_refund text, p_amount bigint, m jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.provider_refunds AS r
    SELECT m ->> 'provider_id', m ->> 'payment_id', p_purchase, p_refund, p_amount, s.status, (m ->> 'made_at')::timestamptz,
      CASE WHEN s.status <> 'failed' THEN (m ->> 'said_at')::timestamptz END, CASE WHEN s.status = 'failed' THEN (m ->> 'said_at')::timestamptz END,
      (m ->> 'at')::timestamptz, (m ->> 'at')::timestamptz
    FROM (SELECT (m ->> 'status')::boon.refund_status AS status) s
  ON CONFLICT (id) DO UPDATE SET status = greatest(r.status, excluded.status), payment_id = coalesce(r.payment_id, excluded.payment_id),
    amount = greatest(r.amount, excluded.amount), made_at = least(r.made_at, excluded.made_at), live_at = greatest(r.live_at, excluded.live_at),
    failed_at = least(r.failed_at, excluded.failed_at), last_heard = greatest(r.last_heard, excluded.last_heard)
$$;

-- Brings a purchase in line with what is known of refunds made elsewhere. The caller has locked it and its account. Returns it.
CREATE FUNCTION boon.follow_refunds(p boon.purchases, p_event text, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  was bigint := p.elsewhere;
  back bigint := boon.refunded_elsewhere(p);
BEGIN
  IF back = was THEN RETURN p; END IF;
  UPDATE boon.purchases x SET elsewhere = back, refunded = greatest(x.refunded, back) WHERE x.id = p.id RETURNING * INTO p;
  p := boon.settle_purchase(p, p_at);
  PERFORM boon.note_purchase(p, CASE WHEN p.elsewhere > was THEN 'refunded' ELSE 'refund_failed' END::boon.purchase_movement,
    boon.money_refunded(p), p_event, p_at);
  IF p.elsewhere > was THEN PERFORM boon.heed_top_up(p, 'refunded', p_at); END IF;
  RETURN p;
END $$;

-- What is said of a refund, by the provider's messages and by the process of one that Boon was asked for: {refund_id?, provider_id?,
-- payment_id?, purchase_id?, amount?, status, reason_code?, event?, made_at?, said_at?, at}. A state, not a step: pending, then
-- succeeded, then failed (a bank may send the money back), and never the other way. One that Boon was asked for is known by
-- `refund_id`, unless an object of the provider (which has an amount) has another id there: then that is another refund, of what its
-- payment paid. That none could be made (failed, without an id) is not believed of one that the provider
-- has. Returns the purchase, the refund that Boon was asked for or null, and whether anything changed; null when it is about none of ours.
CREATE OR REPLACE FUNCTION boon.hear_of_refund(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  f boon.refunds;
  p boon.purchases;
  was bigint;
  said boon.refund_status := (m ->> 'status')::boon.refund_status;
  heard timestamptz := (m ->> 'at')::timestamptz;
  provider text := m ->> 'provider_id';
  changed boolean := false;
BEGIN
  SELECT * INTO f FROM boon.refunds x WHERE x.id = m ->> 'refund_id';
  p.id := coalesce(CASE WHEN f.provider_id = provider OR f.provider_id IS NULL OR NOT m ? 'amount' THEN f.purchase_id END,
    (SELECT r.purchase_id FROM boon.provider_refunds r WHERE r.id = provider),
    boon.purchase_of_payment(m ->> 'payment_id', m ->> 'purchase_id'), f.purchase_id);
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p.id;
  IF p.id IS NULL THEN RETURN NULL; END IF;
  PERFORM boon.lock_for_refund(p.account_id, p.id);
  SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;
  SELECT * INTO f FROM boon.refunds x WHERE x.id = f.id FOR UPDATE;
  IF f.purchase_id = p.id AND (provider IS NULL OR NOT m ? 'amount' OR f.provider_id = provider OR (f.provider_id IS NULL AND f.status = 'pending')) THEN
    changed := (said > f.status AND (provider IS NOT NULL OR f.provider_id IS NULL))
      OR (f.status = 'pending' AND f.provider_id IS NULL AND provider IS NOT NULL);
    IF provider IS NOT NULL AND (changed OR f.provider_id IS NOT NULL) THEN
      PERFORM boon.note_provider_refund(p.id, f.id, f.amount, m || jsonb_build_object('provider_id', coalesce(f.provider_id, provider)));
    END IF;
    IF changed THEN
      UPDATE boon.refunds x SET status = said, provider_id = coalesce(x.provider_id, provider),
        ended_at = CASE WHEN said <> 'pending' THEN heard END, reason_code = CASE WHEN said = 'failed' THEN coalesce(m ->> 'reason_code', 'refund_failed') END
        WHERE x.id = f.id RETURNING * INTO f;
      p := boon.settle_purchase(p, heard);
      PERFORM boon.note_refund_movement(f, CASE said WHEN 'pending' THEN 'made' ELSE said::text END::boon.refund_movement, m ->> 'event', heard);
    END IF;
  ELSIF provider IS NOT NULL AND m ? 'amount' THEN
    f := NULL;
    PERFORM boon.note_provider_refund(p.id, NULL, (m ->> 'amount')::bigint, m);
  END IF;
  was := p.elsewhere;
  p := boon.follow_refunds(p, m ->> 'event', heard);
  RETURN jsonb_build_object('refund', CASE WHEN f.id IS NOT NULL THEN boon.refund_view(f) END, 'purchase', boon.with_payment(boon.purchase_view(p)),
    'changed', changed OR p.elsewhere <> was);
END $$;

CREATE TYPE boon.refunded_request AS (i int, key text, input_hash text, at timestamptz, id text, refunded bigint, reason text, said_by text);

-- Corrects what Boon believes that the provider has given back of purchases, in all, as an operator sees it there. Takes an array;
-- answers each by its `i`: {purchase} or {code, detail, errors}.
CREATE FUNCTION boon.correct_refunded(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
    IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;
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

-- What was heard before: refunds that the provider has, and the sums of charges. Where the old rule came to another sum, that stands.
INSERT INTO boon.provider_refunds (id, payment_id, purchase_id, refund_id, amount, status, first_heard, last_heard)
  SELECT DISTINCT ON (r.provider_id) r.provider_id, p.payment_id, p.id, r.id, r.amount, r.status, r.created_at, coalesce(r.ended_at, r.created_at)
  FROM boon.refunds r JOIN boon.purchases p ON p.id = r.purchase_id WHERE r.provider_id IS NOT NULL ORDER BY r.provider_id, r.created_at;
INSERT INTO boon.provider_totals
  SELECT p.id, p.payment_id, p.refunded, NULL, false, ARRAY(SELECT r.id FROM boon.refunds r WHERE r.purchase_id = p.id), m.at
  FROM boon.purchases p JOIN (SELECT purchase_id, max(effective_at) AS at FROM boon.purchase_movements WHERE kind = 'refunded' GROUP BY 1) m ON m.purchase_id = p.id
  WHERE p.refunded > 0;
INSERT INTO boon.refund_corrections (purchase_id, elsewhere, known, reason, said_by, effective_at)
  SELECT p.id, p.elsewhere, 0, 'heard before refunds were followed by their ids', 'boon', t.heard_at
  FROM boon.purchases p JOIN boon.provider_totals t ON t.purchase_id = p.id WHERE p.paid_at IS NOT NULL AND p.elsewhere <> boon.refunded_elsewhere(p);
UPDATE boon.purchases p SET elsewhere = 0 WHERE p.paid_at IS NULL AND p.elsewhere <> 0;
