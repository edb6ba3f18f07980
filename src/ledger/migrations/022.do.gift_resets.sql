-- Gifts of banked resets: the same process as for credits. The reset is held meanwhile, and settled it goes on as a new
-- one of the recipient with the same expiry.

-- Moves a reset that is held for a gift on to `p_status`. One whose time has run out meanwhile is valid for a last day:
-- as long as a window that ends anyway would have made it useless. The caller has locked the accounts.
CREATE FUNCTION boon.end_reset_hold(g boon.gifts, p_status boon.reset_status, p_movement boon.reset_movement, p_at timestamptz)
RETURNS boon.resets LANGUAGE plpgsql AS $$
DECLARE
  r boon.resets;
BEGIN
  UPDATE boon.resets x SET status = p_status, expires_at = CASE WHEN x.expires_at > p_at THEN x.expires_at ELSE p_at + p.return_within END
    FROM boon.reset_rules p WHERE x.id = g.reset_id AND x.status = 'held' AND p.version = x.policy_version RETURNING x.* INTO STRICT r;
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, p_movement, g.id, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('reset.' || p_movement, r.id::text, ARRAY[r.account_id],
    jsonb_build_object('reset_id', r.id::text, 'gift_id', g.id, 'expires_at', r.expires_at), p_at);
  RETURN r;
END $$;

CREATE FUNCTION boon.release_reset(g boon.gifts, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  SELECT boon.end_reset_hold(g, 'available', 'released', p_at)
$$;

-- Settles a gift that is due and has passed its second screening.
CREATE FUNCTION boon.settle_reset_gift(g boon.gifts, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r boon.resets := boon.end_reset_hold(g, 'given', 'given', p_at);
BEGIN
  INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset)
    VALUES (g.recipient_id, 'available', 'gift', r.program, g.id, r.policy_version, p_at, r.expires_at, r.id) RETURNING * INTO r;
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, 'granted', g.id, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('reset.granted', r.id::text, ARRAY[r.account_id],
    jsonb_build_object('reset_id', r.id::text, 'source', 'gift', 'program', r.program, 'expires_at', r.expires_at, 'gift_id', g.id), p_at);
  UPDATE boon.gifts SET status = 'settled', settled_at = p_at, ended_at = p_at, reason_code = NULL, token_hash = NULL, token_sealed = NULL
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.settled', p_at);
END $$;

CREATE TYPE boon.reset_gift_request AS (
  i int, id text, key text, input_hash text, at timestamptz, sender_id text, recipient_id text, reset_id bigint, message text,
  email_sealed text, email_index text, token_hash text, token_sealed text
);

-- Why a sender may not give this reset to this recipient, in the order in which accept_gifts looks: {code, reason_code,
-- detail}, or null.
CREATE FUNCTION boon.reset_gift_refused(p boon.policies, q boon.reset_gift_request, used boon.gift_usage) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  s boon.accounts;
  t boon.accounts;
  r boon.resets;
  code text;
  reason text;
  detail text;
BEGIN
  SELECT * INTO s FROM boon.accounts x WHERE x.id = q.sender_id;
  SELECT * INTO t FROM boon.accounts x WHERE x.id = q.recipient_id;
  SELECT * INTO r FROM boon.resets x WHERE x.id = q.reset_id AND x.account_id = q.sender_id;
  IF s.id IS NULL THEN
    code := 'not_found'; detail := format('There is no account "%s" to give from.', q.sender_id);
  ELSIF q.sender_id = q.recipient_id OR decode(q.email_index, 'hex') = s.email_index THEN
    code := 'self_gift'; detail := 'Sender and recipient are the same.';
  ELSIF s.status <> 'active' THEN
    code := 'account_frozen'; reason := s.status; detail := format('The sender''s account is %s.', s.status);
  ELSIF p.identity_required AND (s.identity_verified_at IS NULL OR s.identity_verified_at > q.at) THEN
    code := 'identity_unverified'; detail := 'The sender has not verified their identity.';
  ELSIF s.created_at + p.min_account_age > q.at THEN
    code := 'gift_denied'; reason := 'account_too_new';
    detail := format('The sender''s account must be %s old: it may give from %s.', boon.duration_text(p.min_account_age),
                     boon.instant_text(s.created_at + p.min_account_age));
  ELSIF q.recipient_id IS NOT NULL AND t.id IS NULL THEN
    code := 'recipient_ineligible'; reason := 'unknown_account'; detail := format('There is no account "%s" to give to.', q.recipient_id);
  ELSIF t.status <> 'active' THEN
    code := 'recipient_ineligible'; reason := 'recipient_unavailable'; detail := 'The recipient''s account does not take gifts now.';
  ELSIF p.recipient_must_be_new AND t.id IS NOT NULL AND (t.created_at + p.new_within <= q.at OR EXISTS (
      SELECT FROM boon.gifts g WHERE g.recipient_id = t.id AND g.status NOT IN ('canceled', 'expired', 'rejected'))) THEN
    code := 'recipient_ineligible'; reason := 'recipient_not_new'; detail := 'Gifts go to new accounts that have not been given one yet.';
  ELSIF boon.limit_reached(p, used, q.sender_id, 0) IS NOT NULL THEN
    code := 'gift_limit_exceeded'; reason := boon.limit_reached(p, used, q.sender_id, 0); detail := boon.limit_detail(p, used, reason);
  ELSIF r.id IS NULL OR r.status <> 'available' OR r.expires_at <= q.at THEN
    code := 'not_giftable'; reason := 'reset_unavailable'; detail := format('The sender has no reset "%s" to give.', q.reset_id);
  ELSIF r.source = 'gift' AND NOT p.regift THEN
    code := 'not_giftable'; reason := 'reset_gifted'; detail := 'A reset that was given stays with its owner.';
  ELSIF r.expires_at <= q.at + p.settlement THEN
    code := 'not_giftable'; reason := 'reset_expires'; detail := format('The reset expires at %s, before the gift would settle.', boon.instant_text(r.expires_at));
  END IF;
  RETURN CASE WHEN code IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('code', code, 'reason_code', reason, 'detail', detail)) END;
END $$;

-- Takes an array of gifts of resets and answers each by its `i`, as accept_gifts does: screened, counted to the sender's
-- limits by number, the reset held, the gift written.
CREATE FUNCTION boon.accept_reset_gifts(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  p boon.policies;
  q boon.reset_gift_request;
  used boon.gift_usage;
  g boon.gifts;
  sender boon.accounts;
  recipient boon.accounts;
  f record;
  rule text;
  today date;
  this_month date;
BEGIN
  SELECT * INTO STRICT p FROM boon.policies WHERE version = p_policy;
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT x.sender_id FROM json_populate_recordset(NULL::boon.reset_gift_request, p_requests) x) ORDER BY a.id FOR UPDATE;
  FOR q IN SELECT * FROM json_populate_recordset(NULL::boon.reset_gift_request, p_requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    -- A new day or month starts its counters anew; a clock that lags behind the last gift does not turn them back.
    today := (q.at AT TIME ZONE 'UTC')::date;
    this_month := date_trunc('month', q.at AT TIME ZONE 'UTC')::date;
    SELECT * INTO used FROM boon.gift_usage x WHERE x.account_id = q.sender_id;
    IF NOT FOUND THEN used := (q.sender_id, today, 0, 0, this_month, 0, 0, 0, 0); END IF;
    IF used.day < today THEN used.day := today; used.day_count := 0; used.day_amount := 0; END IF;
    IF used.month < this_month THEN
      used.month := this_month; used.month_count := 0; used.month_amount := 0; used.promotional_count := 0; used.promotional_amount := 0;
    END IF;
    result := boon.reset_gift_refused(p, q, used);
    IF result IS NULL THEN
      SELECT * INTO sender FROM boon.accounts x WHERE x.id = q.sender_id;
      SELECT * INTO recipient FROM boon.accounts x WHERE x.id = q.recipient_id;
      SELECT * INTO f FROM boon.screening_facts(q.sender_id, q.recipient_id, recipient.kind, q.at, p);
      rule := boon.caught_by(p, 0, sender.created_at, q.at, f.recent_gifts + 1,
                             cardinality(array_remove(f.recent_recipients, coalesce(q.recipient_id, q.email_index))) + 1,
                             f.other_senders + 1, f.comes_back, sender.fingerprints && recipient.fingerprints);
      IF boon.verdict_of(p, rule) = 'deny' THEN
        result := jsonb_build_object('code', 'gift_denied', 'reason_code', rule, 'detail', format('Screening refused the gift: %s.', rule));
      END IF;
    END IF;
    IF result IS NULL THEN
      used.day_count := used.day_count + 1; used.month_count := used.month_count + 1;
      INSERT INTO boon.gift_usage SELECT used.* ON CONFLICT (account_id) DO UPDATE SET day = excluded.day, day_count = excluded.day_count,
        day_amount = excluded.day_amount, month = excluded.month, month_count = excluded.month_count, month_amount = excluded.month_amount,
        promotional_count = excluded.promotional_count, promotional_amount = excluded.promotional_amount;
      UPDATE boon.resets SET status = 'held' WHERE id = q.reset_id;
      INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (q.reset_id, q.sender_id, 'held', q.id, q.at);
      INSERT INTO boon.gifts (id, status, sender_id, recipient_id, payer_id, amount, reset_id, message, policy_version, accepted_at, counted_on,
          settles_at, claim_expires_at, email_sealed, email_index, token_hash, token_sealed)
        VALUES (q.id, CASE WHEN q.recipient_id IS NULL THEN 'awaiting_claim'::boon.gift_status ELSE 'pending' END, q.sender_id, q.recipient_id,
          q.sender_id, 0, q.reset_id, q.message, p_policy, q.at, used.day, q.at + p.settlement,
          CASE WHEN q.recipient_id IS NULL THEN q.at + p.claim_window END, decode(q.email_sealed, 'hex'), decode(q.email_index, 'hex'),
          decode(q.token_hash, 'hex'), decode(q.token_sealed, 'hex'))
        RETURNING * INTO g;
      PERFORM boon.emit_gift_event(g, 'gift.accepted', q.at);
      IF rule IS NOT NULL THEN g := boon.hold_gift(g, 'screening', q.at, rule, NULL, NULL); END IF;
      result := boon.gift_view(g);
    END IF;
    -- What a missing account answers may change any moment and is not kept.
    IF result ->> 'code' IS DISTINCT FROM 'not_found' THEN
      INSERT INTO boon.idempotency_keys VALUES (q.key, decode(q.input_hash, 'hex'), result, q.at);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
