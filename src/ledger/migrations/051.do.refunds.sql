-- Refunds that Boon is asked for: first what is left of the purchase is taken out of its owner's reach, then the provider is
-- asked. When that fails, what was taken goes back to where it came from.

CREATE FUNCTION boon.note_refund_movement(f boon.refunds, p_kind boon.refund_movement, p_event text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.refund_movements (refund_id, kind, amount, event, effective_at) VALUES (f.id, p_kind, f.amount, p_event, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'refund.' || p_kind, f.id, ARRAY[p.account_id], boon.refund_view(f), p_at FROM boon.purchases p WHERE p.id = f.purchase_id;
$$;

-- The most money that can still go back without reaching what was spent: its share, rounded down, is what has gone already and
-- what is there. Credits that have expired unspent are no hindrance, and resets neither.
CREATE FUNCTION boon.refundable_unspent(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  WITH part AS (
    SELECT p.credits AS whole, p.taken + p.owed + l.remaining + coalesce((
      SELECT -sum(e.amount) FROM boon.entries e JOIN boon.transfers t ON t.seq = e.transfer AND t.kind = 'expiry'
      WHERE e.account_id = p.account_id AND e.lot_id = p.lot_id), 0) AS there
    FROM boon.lots l WHERE l.id = p.lot_id
    UNION ALL
    SELECT p.resets, greatest(p.resets_taken + p.resets_kept, p.resets - count(*)) FROM boon.resets x
    WHERE p.resets > 0 AND x.source = 'purchase' AND x.reference = p.id AND x.account_id = p.account_id AND x.status IN ('redeemed', 'given', 'held')
    HAVING p.resets > 0
  )
  SELECT greatest(least(p.paid, div((there + 1) * p.paid - 1, whole)) - boon.money_back(p), 0)::bigint FROM part
$$;

CREATE TYPE boon.refund_request AS (
  i int, key text, input_hash text, at timestamptz, id text, purchase_id text, amount bigint, include_spent boolean, reason text, asked_by text
);

-- Takes an array of refunds to be; answers each by its `i`: {refund} or {code, detail, errors}.
CREATE FUNCTION boon.begin_refunds(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.refund_request;
  p boon.purchases;
  before boon.purchases;
  f boon.refunds;
  left_over bigint;
  unspent bigint;
  wanted bigint;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT x.account_id FROM json_populate_recordset(NULL::boon.refund_request, p_requests) q JOIN boon.purchases x ON x.id = q.purchase_id)
    ORDER BY a.id FOR UPDATE;
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
      result := jsonb_build_object('code', 'over_refund', 'detail', format('Of its money %s %s are left to refund.', left_over, p.currency),
        'errors', jsonb_build_array(jsonb_build_object('path', 'amount', 'message', format('must be at most %s', left_over))));
    ELSIF NOT coalesce(r.include_spent, false) THEN
      unspent := boon.refundable_unspent(p);
      IF wanted > unspent THEN
        result := jsonb_build_object('code', 'already_spent',
          'detail', format('Part of what was bought is spent: %s %s can go back for the rest.', unspent, p.currency),
          'errors', jsonb_build_array(jsonb_build_object('path', 'amount', 'message', format('must be at most %s, or include_spent true', unspent))));
      END IF;
    END IF;
    IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;
    INSERT INTO boon.refunds (id, purchase_id, status, amount, reason, asked_by, created_at)
      VALUES (r.id, p.id, 'pending', wanted, r.reason, r.asked_by, r.at);
    before := p;
    p := boon.settle_purchase(p, r.at);
    UPDATE boon.refunds x SET taken = p.taken - before.taken, owed = p.owed - before.owed, resets_taken = p.resets_taken - before.resets_taken
      WHERE x.id = r.id RETURNING * INTO f;
    PERFORM boon.note_refund_movement(f, 'requested', NULL, r.at);
    PERFORM boon.heed_top_up(p, 'refunded', r.at);
    result := jsonb_build_object('refund', boon.refund_view(f));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- What is said of a refund: {refund_id, status, provider_id?, reason_code?, event?, at}, by the provider's messages and by its
-- process. A state, not a step: pending, then succeeded, then failed (a bank may send the money back), and never the other way.
-- Returns the refund and whether anything changed; null when there is no such refund.
CREATE FUNCTION boon.hear_of_refund(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  f boon.refunds;
  p boon.purchases;
  said boon.refund_status := (m ->> 'status')::boon.refund_status;
  heard timestamptz := (m ->> 'at')::timestamptz;
  changed boolean;
BEGIN
  SELECT y.* INTO p FROM boon.refunds x JOIN boon.purchases y ON y.id = x.purchase_id WHERE x.id = m ->> 'refund_id';
  IF p.id IS NULL THEN RETURN NULL; END IF;
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p.account_id FOR UPDATE;
  SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;
  SELECT * INTO STRICT f FROM boon.refunds x WHERE x.id = m ->> 'refund_id' FOR UPDATE;
  changed := said > f.status OR (f.status = 'pending' AND f.provider_id IS NULL AND m ? 'provider_id');
  IF changed THEN
    UPDATE boon.refunds x SET status = said, provider_id = coalesce(x.provider_id, m ->> 'provider_id'),
      ended_at = CASE WHEN said <> 'pending' THEN heard END, reason_code = CASE WHEN said = 'failed' THEN coalesce(m ->> 'reason_code', 'refund_failed') END
      WHERE x.id = f.id RETURNING * INTO f;
    -- One that was refused leaves what it stood for in the provider's total to others.
    UPDATE boon.purchases x SET elsewhere = boon.refunded_elsewhere(p) WHERE x.id = p.id RETURNING * INTO p;
    p := boon.settle_purchase(p, heard);
    PERFORM boon.note_refund_movement(f, CASE said WHEN 'pending' THEN 'made' ELSE said::text END::boon.refund_movement, m ->> 'event', heard);
  END IF;
  RETURN jsonb_build_object('refund', boon.refund_view(f), 'changed', changed);
END $$;
