CREATE TYPE boon_code.refund_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  id text,
  purchase_id text,
  amount bigint,
  currency text,
  include_spent boolean,
  reason text,
  asked_by text
);

-- Takes an array of refunds to be; answers each by its `i`: {refund} or {code, detail, errors}.
CREATE FUNCTION boon_code.begin_refunds(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.refund_request;
  p boon.purchases;
  before boon.purchases;
  f boon.refunds;
  left_over bigint;
  unspent bigint;
  wanted bigint;
  purchases text[] := ARRAY(SELECT q.purchase_id FROM json_populate_recordset(NULL::boon_code.refund_request, p_requests) q);
BEGIN
  PERFORM boon_code.lock_with_gifts(purchases, '{}', ARRAY(SELECT x.account_id FROM boon.purchases x WHERE x.id = ANY (purchases)));
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.refund_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      -- As it stands now.
      IF result ? 'refund' THEN
        result := jsonb_build_object('refund', (SELECT boon_code.refund_view(x) FROM boon.refunds x WHERE x.id = result #>> '{refund,id}'));
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO p FROM boon.purchases x WHERE x.id = r.purchase_id FOR UPDATE;
    left_over := p.paid - boon_code.money_back(p);
    wanted := coalesce(r.amount, left_over);
    IF p.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no purchase "%s".', r.purchase_id));
    ELSIF p.paid_at IS NULL THEN
      result := jsonb_build_object('code', 'not_paid', 'detail', format('The purchase is %s.', p.status));
    ELSIF r.currency <> p.currency THEN
      result := boon_code.wrong_currency('amount', p.currency);
    ELSIF left_over <= 0 THEN
      result := jsonb_build_object('code', 'over_refund', 'detail', 'All of its money was refunded, or is being refunded.');
    ELSIF wanted > left_over THEN
      result := jsonb_build_object('code', 'over_refund', 'detail', format('Of its money %s are left to refund.', boon_code.money(left_over, p.currency)),
        'errors', jsonb_build_array(jsonb_build_object('path', 'amount.amount', 'message', format('must be at most %s', left_over))));
    ELSIF NOT coalesce(r.include_spent, false) THEN
      unspent := boon_code.refundable_unspent(p);
      IF wanted > unspent THEN
        result := jsonb_build_object('code', 'already_spent',
          'detail', CASE WHEN unspent = 0 THEN 'What was bought is spent: no money can go back for the rest.'
            ELSE format('Part of what was bought is spent: %s can go back for the rest.', boon_code.money(unspent, p.currency)) END,
          'errors', jsonb_build_array(jsonb_build_object('path', 'amount.amount', 'message', CASE WHEN unspent = 0 THEN 'needs include_spent true'
            ELSE format('must be at most %s, or include_spent true', unspent) END)));
      END IF;
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.refunds (id, purchase_id, status, amount, reason, asked_by, created_at)
      VALUES (r.id, p.id, 'pending', wanted, r.reason, r.asked_by, r.at);
    before := p;
    p := boon_code.settle_purchase(p, r.at);
    UPDATE boon.refunds x SET taken = p.taken - before.taken, owed = greatest(p.owed - before.owed, 0), resets_taken = p.resets_taken - before.resets_taken
      WHERE x.id = r.id RETURNING * INTO f;
    PERFORM boon_code.note_refund_movement(f, 'requested', NULL, r.at);
    PERFORM boon_code.heed_top_up(p, 'refunded', r.at);
    result := jsonb_build_object('refund', boon_code.refund_view(f));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
