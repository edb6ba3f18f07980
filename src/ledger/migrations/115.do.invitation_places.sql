-- An invitation that ran out takes no place, and is in no other's way, before a sweep has come by.

DROP FUNCTION boon.places_taken(text, boon.program_rules, boon.reward_windows);
-- How many of the program's places are taken at p_at: by open referrals, and by rewarded ones; in a program without an end only
-- by those that were rewarded in the present billing month. Others have given their place back.
CREATE FUNCTION boon.places_taken(p_account text, rules boon.program_rules, w boon.reward_windows, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM boon.referrals r
  WHERE r.referrer_id = p_account AND r.program = rules.program
    AND (r.status IN ('invited', 'joined') AND r.expires_at > p_at OR r.status = 'qualified'
      OR r.status = 'rewarded' AND (rules.closes_at IS NOT NULL OR (r.rewarded_at >= w.starts_at AND r.rewarded_at < w.ends_at)))
$$;

-- May this account invite at p_at: {reasons, remaining_invites, remaining_rewards, window}. Each reason is the code that
-- an invitation would be refused with, says why, and what would change it. Null for an unknown account.
CREATE OR REPLACE FUNCTION boon.eligibility(rules boon.program_rules, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
  w boon.reward_windows;
  taken bigint;
  frees_at timestamptz;
  reasons jsonb := '[]';
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = p_account;
  IF a.id IS NULL THEN RETURN NULL; END IF;
  w := boon.reward_window_at(p_account, rules.program, p_at, rules.monthly_cap);
  taken := boon.places_taken(p_account, rules, w, p_at);
  IF rules.opens_at > p_at THEN
    reasons := reasons || jsonb_build_object('code', 'program_closed', 'detail', format('The program opens at %s.', boon.instant_text(rules.opens_at)),
      'fix', format('Wait until %s.', boon.instant_text(rules.opens_at)));
  ELSIF rules.closes_at <= p_at THEN
    reasons := reasons || jsonb_build_object('code', 'program_closed', 'detail', format('The program closed at %s.', boon.instant_text(rules.closes_at)),
      'fix', 'Nothing changes this: the program is over.');
  END IF;
  IF a.status <> 'active' THEN
    reasons := reasons || jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status),
      'fix', 'Have an operator look at the account and make it active again.');
  END IF;
  IF a.plan <> ALL (rules.plans) THEN
    reasons := reasons || jsonb_build_object('code', 'plan_ineligible', 'detail', format('The plan %s does not take part.', a.plan),
      'fix', format('Change to one of these plans: %s.', array_to_string(rules.plans, ', ')));
  END IF;
  IF rules.cohort IS NOT NULL AND rules.cohort <> ALL (a.cohorts) THEN
    reasons := reasons || jsonb_build_object('code', 'not_in_cohort', 'detail', 'The program is open to chosen accounts only.',
      'fix', format('An operator can add the account to the cohort %s.', rules.cohort));
  END IF;
  IF taken >= rules.invites THEN
    SELECT min(r.expires_at) INTO frees_at FROM boon.referrals r
      WHERE r.referrer_id = p_account AND r.program = rules.program AND r.status IN ('invited', 'joined') AND r.expires_at > p_at;
    reasons := reasons || jsonb_build_object('code', 'invite_limit_reached',
      'detail', format('%s of %s invitations are open or rewarded.', taken, rules.invites),
      'fix', CASE WHEN frees_at IS NOT NULL THEN format('Cancel an open invitation, or wait until one expires: the next at %s.', boon.instant_text(frees_at))
                  WHEN rules.closes_at IS NULL THEN format('Wait for the next billing month, which begins at %s.', boon.instant_text(w.ends_at))
                  ELSE 'Nothing changes this: every place of the program is used.' END);
  END IF;
  RETURN jsonb_build_object('eligible', reasons = '[]'::jsonb, 'reasons', reasons,
    'remaining_invites', greatest(rules.invites - taken, 0), 'remaining_rewards', greatest(w.cap - w.used, 0),
    'window', jsonb_build_object('month', w.month, 'starts_at', w.starts_at, 'ends_at', w.ends_at));
END $$;

-- Takes an array of invitations; answers each by its `i`: {referral} or {code, detail}. Nothing here looks whether the
-- address belongs to an account other than the referrer's own.
CREATE OR REPLACE FUNCTION boon.invite(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon.invitation_request[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.invitation_request, p_requests) q);
  q boon.invitation_request;
  rules boon.program_rules;
  may jsonb;
  r boon.referrals;
  refused text;
  words text;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT x.referrer_id FROM unnest(requests) x) ORDER BY a.id FOR UPDATE;
  FOR q IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO rules FROM boon.program_rules p WHERE p.version = p_policy AND p.program = q.program;
    may := boon.eligibility(rules, q.referrer_id, q.at);
    IF may IS NULL OR rules.program IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', CASE WHEN rules.program IS NULL THEN format('There is no program "%s".', q.program)
                                                                        ELSE format('There is no account "%s" to invite from.', q.referrer_id) END);
      RETURN NEXT; CONTINUE;
    END IF;
    -- One to this address that has run out makes room.
    FOR r IN
      SELECT * FROM boon.referrals x WHERE x.referrer_id = q.referrer_id AND x.program = q.program AND x.email_index = decode(q.email_index, 'hex')
        AND x.status IN ('invited', 'joined') AND x.expires_at <= q.at FOR UPDATE
    LOOP
      PERFORM boon.expire_referral(r);
    END LOOP;
    refused := may #>> '{reasons,0,code}';
    words := may #>> '{reasons,0,detail}';
    IF refused IS NULL AND decode(q.email_index, 'hex') = (SELECT a.email_index FROM boon.accounts a WHERE a.id = q.referrer_id) THEN
      refused := 'self_referral'; words := 'This is the address of the referrer''s own account.';
    ELSIF refused IS NULL AND q.disposable THEN
      refused := 'disposable_address'; words := 'The address is of a provider of throw-away addresses.';
    ELSIF refused IS NULL AND EXISTS (
        SELECT FROM boon.referrals x WHERE x.referrer_id = q.referrer_id AND x.program = q.program
          AND x.email_index = decode(q.email_index, 'hex') AND x.status IN ('invited', 'joined', 'qualified')) THEN
      refused := 'duplicate_referral'; words := 'The referrer has an open invitation to this address.';
    END IF;
    IF refused IS NOT NULL THEN
      result := jsonb_build_object('code', refused, 'detail', words);
    ELSE
      INSERT INTO boon.referrals (id, status, program, policy_version, referrer_id, prompts_required, invited_at, expires_at,
        email_sealed, email_index, token_hash, token_sealed)
      VALUES (q.id, 'invited', q.program, p_policy, q.referrer_id, rules.prompts, q.at, q.at + rules.invite_valid_for,
        decode(q.email_sealed, 'hex'), decode(q.email_index, 'hex'), decode(q.token_hash, 'hex'), decode(q.token_sealed, 'hex'))
      RETURNING * INTO r;
      PERFORM boon.emit_referral_event(r, 'referral.invited', q.at);
      result := jsonb_build_object('referral', boon.referral_view(r));
    END IF;
    INSERT INTO boon.idempotency_keys VALUES (q.key, decode(q.input_hash, 'hex'), result, q.at);
    RETURN NEXT;
  END LOOP;
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
    -- One that has run out is over, whether or not a sweep has come by.
    IF r.status IN ('invited', 'joined') AND r.expires_at <= q.at THEN r := boon.expire_referral(r); END IF;
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
