-- Reward windows are the account's billing months.

-- The window a moment falls into: as it is stored, else the account's billing month, which is never stored otherwise but
-- where an earlier version cut a month short. Windows neither overlap nor leave a gap between them.
CREATE FUNCTION boon.reward_window_at(p_account text, p_program text, p_at timestamptz, p_cap int)
RETURNS boon.reward_windows LANGUAGE plpgsql STABLE AS $$
DECLARE
  w boon.reward_windows;
  before timestamptz;
  after timestamptz;
BEGIN
  SELECT * INTO w FROM boon.reward_windows x
    WHERE x.account_id = p_account AND x.program = p_program AND x.starts_at <= p_at AND x.ends_at > p_at;
  IF FOUND THEN RETURN w; END IF;
  SELECT max(x.ends_at) FILTER (WHERE x.ends_at <= p_at), min(x.starts_at) FILTER (WHERE x.starts_at > p_at) INTO before, after
    FROM boon.reward_windows x WHERE x.account_id = p_account AND x.program = p_program;
  SELECT p_account, p_program, NULL, greatest(m.starts_at, before), least(m.ends_at, after), p_cap, 0 INTO w FROM boon.billing_month(p_account, p_at) m;
  w.month := (w.starts_at AT TIME ZONE 'UTC')::date;
  RETURN w;
END $$;

-- An operator raises the cap of one month; rewards that were deferred out of it are due at once. Takes an array;
-- answers each by its `i`: {window} or {code, detail}.
CREATE OR REPLACE FUNCTION boon.raise_caps(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon.cap_request[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.cap_request, p_requests) q);
  r boon.cap_request;
  rules boon.program_rules;
  w boon.reward_windows;
  known boolean;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT q.account_id FROM unnest(requests) q) ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO rules FROM boon.program_rules p WHERE p.version = p_policy AND p.program = r.program;
    known := EXISTS (SELECT FROM boon.accounts a WHERE a.id = r.account_id);
    IF rules.program IS NULL OR NOT known THEN
      result := jsonb_build_object('code', 'not_found', 'detail', CASE WHEN NOT known THEN format('There is no account "%s".', r.account_id)
                                                                        ELSE format('There is no program "%s".', r.program) END);
      RETURN NEXT; CONTINUE;
    END IF;
    -- A raised month is stored, and holds up a move of the billing day: none is raised for years ahead.
    IF r.month > (r.at AT TIME ZONE 'UTC' + interval '1 year')::date THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', format('The month that begins on %s is more than a year away.', r.month),
        'errors', jsonb_build_array(jsonb_build_object('path', 'month', 'message', 'must begin within a year')));
      RETURN NEXT; CONTINUE;
    END IF;
    w := boon.reward_window_at(r.account_id, r.program, r.month::timestamp AT TIME ZONE 'UTC', rules.monthly_cap);
    IF w.month <> r.month OR r.cap <= w.cap THEN
      result := jsonb_build_object('code', 'validation_failed',
        'detail', CASE WHEN w.month <> r.month THEN format('No billing month of this account begins on %s; the one of that day begins on %s.', r.month, w.month)
                       ELSE format('The cap is %s already; it can only be raised.', w.cap) END,
        'errors', jsonb_build_array(jsonb_build_object('path', CASE WHEN w.month <> r.month THEN 'month' ELSE 'cap' END,
          'message', CASE WHEN w.month <> r.month THEN format('must be the first day of a billing month, such as %s', w.month)
                          ELSE format('must be more than %s', w.cap) END)));
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.reward_windows SELECT w.* ON CONFLICT DO NOTHING;
    INSERT INTO boon.reward_cap_raises (account_id, program, month, cap_before, cap, reason, operated_by, effective_at)
      VALUES (w.account_id, w.program, w.month, w.cap, r.cap, r.reason, r.operator, r.at);
    UPDATE boon.reward_windows x SET cap = r.cap WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month RETURNING * INTO w;
    UPDATE boon.referrals x SET deferred_until = r.at
      WHERE x.referrer_id = w.account_id AND x.program = w.program AND x.status = 'qualified' AND x.reason_code = 'reward_cap_reached'
        AND x.deferred_until = w.ends_at;
    result := jsonb_build_object('window', boon.reward_window_view(w));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('reward_cap.raised', r.account_id, ARRAY[r.account_id],
        result -> 'window' || jsonb_build_object('reason', r.reason, 'by', r.operator), r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Gives the rewards of one qualified referral that is due. The caller has locked it and both accounts.
--  * An account that is frozen: tried again a day later, until the time for clawbacks is over; then refused. One that
--    is closed: refused.
--  * The referrer's month is full: the friend gets their reward all the same; the referrer's is gone, or comes with
--    the next month.
CREATE OR REPLACE FUNCTION boon.reward_referral(r boon.referrals, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon.rules_of(r);
  referrer boon.accounts;
  friend boon.accounts;
  w boon.reward_windows;
  side text;
BEGIN
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT friend FROM boon.accounts a WHERE a.id = r.friend_id;
  IF referrer.status <> 'active' OR friend.status <> 'active' THEN
    side := CASE WHEN referrer.status <> 'active' THEN 'referrer' ELSE 'friend' END;
    IF 'closed' IN (referrer.status, friend.status) OR p_at >= r.qualified_at + rules.clawback_within THEN
      PERFORM boon.end_referral(r, 'refused', p_at, 'account_frozen', format('The %s''s account is not active.', side), NULL, NULL);
    ELSE
      PERFORM boon.defer_reward(r, p_at + interval '1 day', 'account_frozen', format('The %s''s account is frozen.', side), p_at);
    END IF;
    RETURN;
  END IF;
  PERFORM boon.give_reward(r, 'friend', rules, p_at);
  IF rules.referrer_resets + rules.referrer_credits > 0 THEN
    w := boon.reward_window_at(r.referrer_id, r.program, p_at, rules.monthly_cap);
    IF NOT boon.claim_slot(w, r.id, p_at) THEN
      IF rules.over_cap = 'forfeit' OR w.cap = 0 THEN
        PERFORM boon.end_referral(r, 'refused', p_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in the billing month that ends at %s.', w.used, w.cap, boon.instant_text(w.ends_at)), NULL, NULL);
      ELSE
        PERFORM boon.defer_reward(r, w.ends_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in this billing month.', w.used, w.cap), p_at);
      END IF;
      RETURN;
    END IF;
    PERFORM boon.give_reward(r, 'referrer', rules, p_at);
  END IF;
  UPDATE boon.referrals SET status = 'rewarded', rewarded_at = p_at, ended_at = p_at, deferred_until = NULL, reason_code = NULL, detail = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.rewarded', p_at);
END $$;

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
  taken := boon.places_taken(p_account, rules, w);
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
      WHERE r.referrer_id = p_account AND r.program = rules.program AND r.status IN ('invited', 'joined');
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

DROP FUNCTION boon.reward_window_at(text, int, text, timestamptz, int);
