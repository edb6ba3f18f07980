-- What else brings value, and pays an account's debt first: grants, rewards, campaigns, as in 007, 026 and 031. And what takes
-- rewards back, or sees that a reset comes back that its owner should not have any more, as in 020, 026 and 029.

-- Takes an array of grants; answers each by its `i`: {lot} or {code, reason_code, detail, errors}. The lot is told as it is
-- once debts are paid.
CREATE OR REPLACE FUNCTION boon.grant_credits(p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.grant_request;
  available bigint;
  moved bigint;
  lot boon.lots;
BEGIN
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.account_id FROM json_populate_recordset(NULL::boon.grant_request, p_requests) q)
    ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.grant_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    IF r.expires_at <= r.at THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', 'The credits would be expired from the start.',
        'errors', jsonb_build_array(jsonb_build_object('path', 'expires_at', 'message', 'must be later than now')));
      RETURN NEXT; CONTINUE;
    END IF;
    IF EXISTS (SELECT FROM boon.accounts a WHERE a.id = r.account_id AND a.status = 'closed') THEN
      result := jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_unavailable', 'detail', 'The account is closed.');
      INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + r.amount WHERE a.id = r.account_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO available;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
      VALUES ('posted', 'grant', 'boon:issuance', r.account_id, r.amount, r.reason, r.at) RETURNING seq INTO moved;
    INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, products)
      VALUES (r.account_id, r.source, r.amount, r.amount, r.at, r.expires_at, r.giftable, moved, 1, r.products) RETURNING * INTO lot;
    INSERT INTO boon.entries VALUES (moved, 1, r.account_id, lot.id, 'grant', r.amount, available, r.reason, r.at);
    PERFORM boon.credits_came(r.account_id, ARRAY[(lot.id, r.amount)::boon.slice], r.reason, r.at);
    SELECT * INTO STRICT lot FROM boon.lots l WHERE l.id = lot.id;
    result := jsonb_build_object('lot', boon.lot_view(lot));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('credits.granted', lot.id::text, ARRAY[r.account_id], result -> 'lot' || jsonb_build_object('reason', r.reason), r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Credits as a reward: a new lot of source `earned`, out of boon:issuance. The caller has locked the account.
CREATE OR REPLACE FUNCTION boon.grant_earned(p_account text, p_amount bigint, p_expires_at timestamptz, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  available bigint;
  moved bigint;
  lot boon.lots;
BEGIN
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p_amount WHERE a.id = p_account
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'grant', 'boon:issuance', p_account, p_amount, p_reference, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice)
    VALUES (p_account, 'earned', p_amount, p_amount, p_at, p_expires_at, false, moved, 1) RETURNING * INTO lot;
  INSERT INTO boon.entries VALUES (moved, 1, p_account, lot.id, 'grant', p_amount, available, p_reference, p_at);
  PERFORM boon.credits_came(p_account, ARRAY[(lot.id, p_amount)::boon.slice], p_reference, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('credits.granted', lot.id::text, ARRAY[p_account], boon.lot_view(lot) || jsonb_build_object('reason', p_reference), p_at);
  RETURN lot.id;
END $$;

CREATE OR REPLACE FUNCTION boon.grant_credits_of(c boon.campaigns, p_accounts text[], p_transfers bigint[], p_at timestamptz) RETURNS void
  LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  expires constant timestamptz := coalesce(c.expires_at, p_at + c.valid_for::interval);
  cause constant text := 'campaign/' || c.id;
  r record;
BEGIN
  WITH granted AS MATERIALIZED (
    SELECT u.account_id, u.transfer, nextval('boon.lots_id_seq') AS lot, c.amount + a.available AS available
    FROM unnest(p_accounts, p_transfers) AS u (account_id, transfer)
    CROSS JOIN LATERAL (
      SELECT x.credits_posted - x.debits_posted - x.debits_pending AS available
      FROM boon.ledger_accounts x WHERE x.id = u.account_id OFFSET 0) a
  ), total AS (
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + c.amount FROM granted g WHERE a.id = g.account_id
  ), transfer AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, reference, effective_at) OVERRIDING SYSTEM VALUE
    SELECT g.transfer, 'posted', 'grant', 'boon:issuance', g.account_id, c.amount, cause, p_at FROM granted g
  ), lot AS (
    INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice) OVERRIDING SYSTEM VALUE
    SELECT g.lot, g.account_id, c.source, c.amount, c.amount, p_at, expires, c.giftable, g.transfer, 1 FROM granted g
  ), entry AS (
    INSERT INTO boon.entries SELECT g.transfer, 1, g.account_id, g.lot, 'grant', c.amount, g.available, cause, p_at FROM granted g
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'credits.granted', g.lot::text, ARRAY[g.account_id],
    jsonb_build_object('id', g.lot::text, 'source', c.source, 'granted', boon.credits(c.amount), 'expires_at', expires,
      'giftable', c.giftable, 'reason', c.reason, 'campaign', c.id), p_at
  FROM granted g;

  IF NOT EXISTS (SELECT FROM boon.debts d WHERE d.amount > 0) THEN RETURN; END IF;
  FOR r IN
    SELECT u.account_id, u.transfer FROM unnest(p_accounts, p_transfers) AS u (account_id, transfer)
    WHERE EXISTS (SELECT FROM boon.debts d WHERE d.account_id = u.account_id AND d.amount > 0 OFFSET 0) ORDER BY u.account_id
  LOOP
    PERFORM boon.credits_came(r.account_id, ARRAY(SELECT (l.id, l.granted)::boon.slice FROM boon.lots l WHERE l.transfer = r.transfer), cause, p_at);
  END LOOP;
END $$;

-- Banks anew what became useless: the reset goes on as another with source `return`. It keeps its expiry, but is valid
-- for at least as long as it was useless, so that one redeemed at its last moment is of use again. Each at its moment. One whose
-- purchase was refunded meanwhile, or whose reward was taken back, is revoked at once.
CREATE OR REPLACE FUNCTION boon.post_returns(p_resets bigint[], p_moments timestamptz[]) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  returned bigint;
  again bigint[];
  latest timestamptz;
BEGIN
  WITH useless AS MATERIALIZED (
    SELECT r.*, x.at, greatest(r.expires_at, x.at + p.return_within) AS valid_until, nextval('boon.resets_id_seq') AS new_id
    FROM unnest(p_resets, p_moments) x (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.resets y WHERE y.id = x.id OFFSET 0) r
    CROSS JOIN LATERAL (SELECT * FROM boon.reset_rules y WHERE y.version = r.policy_version OFFSET 0) p
  ), settled AS (
    UPDATE boon.resets r SET return_at = NULL FROM useless u WHERE r.id = u.id AND r.return_at IS NOT NULL
  ), banked AS (
    INSERT INTO boon.resets (id, account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset)
    OVERRIDING SYSTEM VALUE
    SELECT u.new_id, u.account_id, 'available', 'return', u.program, u.id::text, u.policy_version, u.at, u.valid_until, u.id FROM useless u
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT u.new_id, u.account_id, 'granted', u.id::text, u.at FROM useless u ORDER BY u.new_id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.granted', u.new_id::text, ARRAY[u.account_id], jsonb_build_object('reset_id', u.new_id::text, 'source', 'return',
      'program', u.program, 'expires_at', u.valid_until, 'from_reset', u.id::text), u.at FROM useless u ORDER BY u.new_id
  )
  SELECT count(*), array_agg(u.new_id), max(u.at) INTO returned, again, latest FROM useless u;
  PERFORM boon.resets_came(again, latest);
  RETURN returned;
END $$;

-- Of credits that a claw-back did not find: what the account owes since.
ALTER TABLE boon.referral_rewards ADD COLUMN credits_owed bigint CHECK (credits_owed >= 0);

-- Takes back a referral's rewards: resets in the bank, credits in their lot, and either in open gifts, which end. Credits that were
-- spent are owed; those that expired unspent are let go. The caller has locked those gifts, the referral and both accounts.
-- Answers in words what was taken, and what was not.
CREATE OR REPLACE FUNCTION boon.take_rewards_back(r boon.referrals, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  w boon.referral_rewards;
  reached record;
  taken_resets int;
  taken_credits bigint;
  owed bigint;
  said text := '';
BEGIN
  FOR w IN SELECT * FROM boon.referral_rewards x WHERE x.referral_id = r.id ORDER BY x.recipient LOOP
    taken_resets := boon.reach_resets(w.account_id, 'referral', r.id, w.resets, p_at);
    taken_credits := 0; owed := 0;
    IF w.lot_id IS NOT NULL THEN
      reached := boon.reach_credits(w.account_id, w.lot_id, w.credits, NULL, r.id, p_at);
      taken_credits := reached.taken;
      owed := w.credits - taken_credits - boon.expired_of(w.lot_id);
      IF owed > 0 THEN PERFORM boon.incur_debt(w.account_id, owed, r.id, p_at); END IF;
    END IF;
    UPDATE boon.referral_rewards x SET resets_back = taken_resets, credits_back = taken_credits, credits_owed = owed
      WHERE x.referral_id = r.id AND x.recipient = w.recipient;
    IF w.lot_id IS NOT NULL THEN PERFORM boon.credits_came(w.account_id, reached.returned, r.id, p_at); END IF;
    said := said || format(' From the %s: %s of %s resets and %s of %s credits%s.', w.recipient, taken_resets, w.resets,
                           boon.credits(taken_credits), boon.credits(w.credits),
                           CASE WHEN owed > 0 THEN format('; %s credits are owed', boon.credits(owed)) ELSE '' END);
  END LOOP;
  RETURN CASE said WHEN '' THEN 'Taken back before it was given.' ELSE 'Taken back what was left.' || said END;
END $$;

-- Takes an array of actions; answers each by its `i`: {referral} or {code, detail}. A friend may have been given their
-- reward while the referrer's waits or is gone: that can be taken back too, and with it what still waits.
CREATE OR REPLACE FUNCTION boon.act_on_referrals(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon.referral_action[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.referral_action, p_requests) q);
  q boon.referral_action;
  r boon.referrals;
  given_at timestamptz;
  until timestamptz;
  refused text;
BEGIN
  PERFORM boon.lock_with_gifts('{}', ARRAY(SELECT x.referral_id FROM unnest(requests) x WHERE x.action <> 'cancel'), ARRAY(
    SELECT v.id FROM unnest(requests) x JOIN boon.referrals y ON y.id = x.referral_id
    CROSS JOIN LATERAL (VALUES (y.referrer_id), (y.friend_id)) v (id)));
  PERFORM FROM boon.referrals x WHERE x.id IN (SELECT y.referral_id FROM unnest(requests) y) ORDER BY x.id FOR UPDATE;
  FOR q IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO r FROM boon.referrals x WHERE x.id = q.referral_id;
    IF r.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no referral "%s".', q.referral_id));
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT max(w.given_at) INTO given_at FROM boon.referral_rewards w WHERE w.referral_id = r.id AND w.resets_back IS NULL;
    until := coalesce(r.rewarded_at, given_at) + (boon.rules_of(r)).clawback_within;
    refused := CASE
      WHEN q.action = 'cancel' AND r.status IN ('invited', 'joined') THEN NULL
      WHEN q.action = 'cancel' AND r.status = 'qualified' THEN 'already_qualified'
      WHEN q.action = 'cancel' THEN 'already_resolved'
      WHEN r.status = 'qualified' THEN NULL
      WHEN r.status <> 'rewarded' AND given_at IS NULL THEN 'not_rewarded'
      WHEN q.at >= until THEN 'clawback_too_late' END;
    IF refused IS NOT NULL THEN
      result := jsonb_build_object('code', refused, 'detail', CASE refused
        WHEN 'clawback_too_late' THEN format('The reward could be taken back until %s.', boon.instant_text(until))
        ELSE format('The referral is %s.', r.status) END);
    ELSE
      r := CASE q.action
        WHEN 'cancel' THEN boon.end_referral(r, 'canceled', q.at, CASE WHEN q.reason IS NULL THEN 'canceled_by_referrer' ELSE 'canceled_by_operator' END,
                                             NULL, q.reason, q.operator)
        ELSE boon.end_referral(r, 'refused', q.at, 'clawed_back', boon.take_rewards_back(r, q.at), q.reason, q.operator) END;
      result := jsonb_build_object('referral', boon.referral_view(r));
    END IF;
    INSERT INTO boon.idempotency_keys VALUES (q.key, decode(q.input_hash, 'hex'), result, q.at);
    RETURN NEXT;
  END LOOP;
END $$;
