-- What people do to gifts: cancel, claim, hold, release, reject, reverse.
CREATE TYPE boon.gift_action AS (
  i int, key text, input_hash text, at timestamptz, gift_id text, action text, reason text, operator text,
  token_hash text, account_id text
);

-- Takes back what the recipient has left of a settled gift: from its gifted lots to the lots they came out of.
CREATE FUNCTION boon.reverse_gift(g boon.gifts, p_at timestamptz, p_reason text, p_by text)
RETURNS boon.gifts LANGUAGE plpgsql AS $$
DECLARE
  left_over bigint;
  moved bigint;
  recipient_balance bigint;
  payer_balance bigint;
  slices int;
  grace interval := (SELECT returned_valid_for FROM boon.policies WHERE version = g.policy_version);
  settlement bigint := (SELECT seq FROM boon.transfers WHERE resolves = g.transfer);
BEGIN
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon.post_expiry(ARRAY(SELECT v.id FROM boon.lots l CROSS JOIN LATERAL (VALUES (l.id), (l.from_lot)) v (id)
                                 WHERE l.transfer = settlement), p_at);
  SELECT coalesce(sum(l.remaining), 0), coalesce(max(l.slice), 0) INTO left_over, slices FROM boon.lots l WHERE l.transfer = settlement AND l.open;
  IF left_over > 0 THEN
    UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + left_over WHERE a.id = g.recipient_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO recipient_balance;
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + left_over WHERE a.id = g.payer_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO payer_balance;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
      VALUES ('posted', 'reversal', g.recipient_id, g.payer_id, left_over, g.id, p_at) RETURNING seq INTO moved;
    WITH taken AS (
      SELECT l.id, l.from_lot, l.slice, l.remaining AS amount FROM boon.lots l WHERE l.transfer = settlement AND l.open
    ), emptied AS (
      UPDATE boon.lots l SET remaining = 0 FROM taken t WHERE l.id = t.id
    ), refilled AS (
      UPDATE boon.lots l SET remaining = l.remaining + t.amount,
        expires_at = CASE WHEN l.expires_at <= p_at THEN p_at + grace ELSE l.expires_at END
      FROM taken t WHERE l.id = t.from_lot
    )
    INSERT INTO boon.entries
    SELECT moved, t.slice, g.recipient_id, t.id, 'gift_reversed'::boon.entry_kind, -t.amount,
      recipient_balance + left_over - sum(t.amount) OVER (ORDER BY t.slice), g.id, p_at FROM taken t
    UNION ALL
    SELECT moved, slices + t.slice, g.payer_id, t.from_lot, 'gift_recovered'::boon.entry_kind, t.amount,
      payer_balance - left_over + sum(t.amount) OVER (ORDER BY t.slice), g.id, p_at FROM taken t;
  END IF;
  UPDATE boon.gifts SET status = 'reversed', recovered = left_over, ended_at = p_at, reason_code = 'reversed', reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.reversed', p_at);
  RETURN g;
END $$;

-- A claim gives the gift its recipient. Settled at once when the settlement period has already passed.
CREATE FUNCTION boon.claim_gift(g boon.gifts, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.policies;
  sender boon.accounts;
  claimant boon.accounts;
  f record;
  rule text;
  policy_version text := g.policy_version;
  settles timestamptz := greatest(g.settles_at, p_at);
BEGIN
  SELECT * INTO p FROM boon.policies x WHERE x.version = policy_version;
  SELECT * INTO sender FROM boon.accounts x WHERE x.id = g.sender_id;
  SELECT * INTO claimant FROM boon.accounts x WHERE x.id = p_account;
  IF claimant.id IS NULL THEN
    RETURN jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s" to claim for.', p_account));
  ELSIF claimant.id = g.sender_id THEN
    RETURN jsonb_build_object('code', 'self_gift', 'detail', 'A gift cannot be claimed by its sender.');
  ELSIF claimant.status <> 'active' THEN
    RETURN jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_unavailable', 'detail', 'The account does not take gifts now.');
  ELSIF p.recipient_must_be_new AND (claimant.created_at + p.new_within <= p_at OR EXISTS (
      SELECT FROM boon.gifts x WHERE x.recipient_id = p_account AND x.status NOT IN ('canceled', 'expired', 'rejected'))) THEN
    RETURN jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_not_new', 'detail', 'Gifts go to new accounts that have not been given one yet.');
  END IF;
  SELECT * INTO f FROM boon.screening_facts(g.sender_id, p_account, claimant.kind, p_at, p);
  -- The claimant takes the place of the address among those that were given to.
  rule := boon.caught_by(p, NULL, sender.created_at, p_at, NULL,
                         cardinality(array_remove(array_remove(f.recent_recipients, encode(g.email_index, 'hex')), p_account)) + 1,
                         f.other_senders + 1, f.comes_back, sender.fingerprints && claimant.fingerprints);
  IF boon.verdict_of(p, rule) = 'deny' THEN
    RETURN jsonb_build_object('code', 'gift_denied', 'reason_code', rule, 'detail', format('Screening refused the claim: %s.', rule));
  END IF;
  UPDATE boon.gifts SET status = 'pending', recipient_id = p_account, claimed_at = p_at, settles_at = settles,
    token_hash = NULL, token_sealed = NULL WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.claimed', p_at);
  IF sender.status <> 'active' THEN
    g := boon.hold_gift(g, 'freeze', p_at, 'account_frozen', NULL, NULL);
  ELSIF rule IS NOT NULL AND g.released_by IS DISTINCT FROM 'operator' THEN
    g := boon.hold_gift(g, 'screening', p_at, rule, NULL, NULL);
  END IF;
  RETURN jsonb_build_object('gift', boon.gift_view(g));
END $$;

-- Why an action does not fit the gift's status, or null. The table stands in domain/gift-status.ts too.
CREATE FUNCTION boon.action_refused(p_status boon.gift_status, p_action text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p_action = 'cancel' AND p_status IN ('awaiting_claim', 'pending', 'held') THEN NULL
    WHEN p_action = 'claim' AND p_status = 'awaiting_claim' THEN NULL
    WHEN p_action = 'hold' AND p_status IN ('awaiting_claim', 'pending') THEN NULL
    WHEN p_action = 'release' AND p_status = 'held' THEN NULL
    WHEN p_action = 'reject' AND p_status IN ('awaiting_claim', 'pending', 'held') THEN NULL
    WHEN p_action = 'reverse' AND p_status = 'settled' THEN NULL
    WHEN p_action = 'claim' AND p_status = 'held' THEN 'gift_held'
    WHEN p_action = 'claim' AND p_status = 'expired' THEN 'claim_expired'
    WHEN p_action = 'claim' THEN 'claim_invalid'
    WHEN p_action = 'hold' AND p_status = 'held' THEN 'gift_held'
    WHEN p_action = 'release' AND p_status IN ('awaiting_claim', 'pending') THEN 'not_held'
    WHEN p_action = 'reverse' AND p_status IN ('awaiting_claim', 'pending', 'held') THEN 'not_settled'
    WHEN p_status = 'settled' THEN 'already_settled'
    ELSE 'already_resolved' END
$$;

-- Takes an array of actions; answers each by its `i`: {gift} or {code, reason_code, detail}.
CREATE FUNCTION boon.act_on_gifts(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon.gift_action[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.gift_action, p_requests) q);
  r boon.gift_action;
  g boon.gifts;
  refused text;
BEGIN
  PERFORM FROM boon.gifts x WHERE x.id IN (SELECT q.gift_id FROM unnest(requests) q) ORDER BY x.id FOR UPDATE;
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT v.id FROM boon.gifts x JOIN unnest(requests) q ON q.gift_id = x.id
      CROSS JOIN LATERAL (VALUES (x.payer_id), (x.sender_id), (x.recipient_id)) v (id)
    UNION SELECT q.account_id FROM unnest(requests) q) ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO g FROM boon.gifts x WHERE x.id = r.gift_id;
    IF g.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no transfer "%s".', r.gift_id));
      RETURN NEXT; CONTINUE;
    END IF;
    refused := CASE WHEN r.action = 'reverse' AND g.reset_id IS NOT NULL AND g.status = 'settled' THEN 'already_settled'
                    ELSE boon.action_refused(g.status, r.action) END;
    IF refused IS NULL AND r.action = 'claim' THEN
      refused := CASE WHEN g.token_hash IS DISTINCT FROM decode(r.token_hash, 'hex') THEN 'claim_invalid'
                      WHEN g.claim_expires_at <= r.at THEN 'claim_expired' END;
    END IF;
    IF refused IS NOT NULL THEN
      result := jsonb_build_object('code', refused, 'detail', CASE
        WHEN refused = 'claim_invalid' THEN 'The claim link is not valid, or was used already.'
        WHEN refused = 'claim_expired' THEN 'The claim link has expired; the credits went back to the sender.'
        ELSE format('The transfer is %s: it cannot be changed by %s.', g.status, r.action) END);
    ELSIF r.action = 'claim' THEN
      result := boon.claim_gift(g, r.account_id, r.at);
    ELSE
      g := CASE r.action
        WHEN 'cancel' THEN boon.return_gift(g, 'canceled', 'voided', r.at, 'canceled', r.reason, r.operator)
        WHEN 'reject' THEN boon.return_gift(g, 'rejected', 'voided', r.at, 'operator_reject', r.reason, r.operator)
        WHEN 'hold' THEN boon.hold_gift(g, 'operator', r.at, 'operator_hold', r.reason, r.operator)
        WHEN 'release' THEN boon.release_gift(g, 'operator', r.at, r.reason, r.operator)
        WHEN 'reverse' THEN boon.reverse_gift(g, r.at, r.reason, r.operator) END;
      result := jsonb_build_object('gift', boon.gift_view(g));
    END IF;
    IF result ->> 'code' IS DISTINCT FROM 'not_found' THEN
      INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
