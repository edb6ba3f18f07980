-- Rewards come in the order in which the friends qualified, each under the terms of its own invitation.

-- When the reward was due at first, or again after a month that was full: a frozen account is waited for from then on. Null:
-- since the friend qualified.
ALTER TABLE boon.referrals ADD COLUMN reward_due_at timestamptz;
-- The cap that the reward met, where it was refused or deferred for it; null where an earlier version did so.
ALTER TABLE boon.referrals ADD COLUMN cap_met int;
-- The cap under which the place was taken; null for the places of earlier versions.
ALTER TABLE boon.reward_slots ADD COLUMN cap int;
ALTER TABLE boon.reward_slots ADD CONSTRAINT a_place_is_within_its_cap CHECK (number <= cap);
CREATE INDEX reward_cap_raises_of_month ON boon.reward_cap_raises (account_id, program, month);

-- Rewards that wait now: from when they were due after the last month that was full.
UPDATE boon.referrals r SET reward_due_at = d.until FROM (
  SELECT e.subject, max((e.data ->> 'deferred_until')::timestamptz) AS until FROM boon.events e
  WHERE e.type = 'referral.deferred' AND e.data ->> 'reason_code' = 'reward_cap_reached' GROUP BY e.subject) d
WHERE d.subject = r.id AND r.status = 'qualified';

-- The rules of a program for an account: those in use; of a program that is no longer in the policy, the latest, as long as the
-- account has referrals or months in it.
CREATE FUNCTION boon.program_rules_for(p_policy text, p_program text, p_account text) RETURNS boon.program_rules LANGUAGE sql STABLE AS $$
  SELECT p FROM boon.program_rules p JOIN boon.policy_documents d ON d.version = p.version
  WHERE p.program = p_program AND (p.version = p_policy
    OR EXISTS (SELECT FROM boon.referrals r WHERE r.referrer_id = p_account AND r.program = p_program)
    OR EXISTS (SELECT FROM boon.reward_windows w WHERE w.account_id = p_account AND w.program = p_program))
  ORDER BY p.version = p_policy DESC, d.effective_at DESC, d.recorded_at DESC, d.version LIMIT 1
$$;

-- The window a moment falls into: as it is stored, else the account's billing month, which is never stored otherwise but
-- where an earlier version cut a month short. Windows neither overlap nor leave a gap between them. Its cap is that of the terms
-- that are asked for, or the one that an operator has raised it to; of terms with a lower cap than has been used, what was used.
CREATE OR REPLACE FUNCTION boon.reward_window_at(p_account text, p_program text, p_at timestamptz, p_cap int)
RETURNS boon.reward_windows LANGUAGE plpgsql STABLE AS $$
DECLARE
  w boon.reward_windows;
  before timestamptz;
  after timestamptz;
BEGIN
  SELECT * INTO w FROM boon.reward_windows x
    WHERE x.account_id = p_account AND x.program = p_program AND x.starts_at <= p_at AND x.ends_at > p_at;
  IF FOUND THEN
    w.cap := greatest(p_cap, w.used, (
      SELECT max(x.cap) FROM boon.reward_cap_raises x WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month));
    RETURN w;
  END IF;
  SELECT max(x.ends_at) FILTER (WHERE x.ends_at <= p_at), min(x.starts_at) FILTER (WHERE x.starts_at > p_at) INTO before, after
    FROM boon.reward_windows x WHERE x.account_id = p_account AND x.program = p_program;
  SELECT p_account, p_program, NULL, greatest(m.starts_at, before), least(m.ends_at, after), p_cap, 0 INTO w FROM boon.billing_month(p_account, p_at) m;
  w.month := (w.starts_at AT TIME ZONE 'UTC')::date;
  RETURN w;
END $$;

DROP FUNCTION boon.claim_slot(boon.reward_windows, text, timestamptz);

-- Takes a place in the window for a referral, if one is free besides p_kept that are kept for others. The caller has locked the
-- account.
CREATE FUNCTION boon.claim_slot(w boon.reward_windows, p_referral text, p_kept bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  cap int := w.cap;
BEGIN
  IF w.used + p_kept >= w.cap THEN RETURN false; END IF;
  INSERT INTO boon.reward_windows SELECT w.* ON CONFLICT DO NOTHING;
  -- The month holds what the most generous of its terms allows.
  UPDATE boon.reward_windows x SET used = x.used + 1, cap = greatest(x.cap, w.cap)
    WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month RETURNING * INTO STRICT w;
  INSERT INTO boon.reward_slots (referral_id, account_id, program, month, number, claimed_at, cap)
    VALUES (p_referral, w.account_id, w.program, w.month, w.used, p_at, cap);
  RETURN true;
END $$;

-- An operator raises the cap of one month; rewards that were deferred out of it, or wait in it for their turn, are due at once.
-- Takes an array; answers each by its `i`: {window} or {code, detail}.
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
    rules := boon.program_rules_for(p_policy, r.program, r.account_id);
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
    UPDATE boon.reward_windows x SET cap = greatest(x.cap, r.cap) WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month RETURNING * INTO w;
    w.cap := r.cap;
    UPDATE boon.referrals x SET deferred_until = r.at, reward_due_at = r.at
      WHERE x.referrer_id = w.account_id AND x.program = w.program AND x.status = 'qualified' AND x.reason_code = 'reward_cap_reached'
        AND x.deferred_until > greatest(w.starts_at, r.at) AND x.deferred_until <= w.ends_at;
    result := jsonb_build_object('window', boon.reward_window_view(w));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('reward_cap.raised', r.account_id, ARRAY[r.account_id],
        result -> 'window' || jsonb_build_object('reason', r.reason, 'by', r.operator), r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Defers a reward that meets a full month until p_until, and says why.
CREATE FUNCTION boon.defer_over_cap(r boon.referrals, p_cap int, p_until timestamptz, p_detail text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET reward_due_at = p_until, cap_met = p_cap WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.defer_reward(r, p_until, 'reward_cap_reached', p_detail, p_at);
END $$;

-- What waits in a month for its turn before a referral: those whose friends qualified earlier and who were put off by a frozen
-- account, or for such a one; and when the first of them is tried again.
CREATE FUNCTION boon.turns_before(r boon.referrals, w boon.reward_windows, p_at timestamptz, OUT waiting bigint, OUT next_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT count(*), min(o.deferred_until) FILTER (WHERE o.deferred_until > p_at) FROM boon.referrals o
  WHERE o.referrer_id = r.referrer_id AND o.program = r.program AND o.status = 'qualified' AND (o.qualified_at, o.id) < (r.qualified_at, r.id)
    AND (o.reason_code = 'account_frozen'
      OR (o.reason_code = 'reward_cap_reached' AND o.deferred_until > p_at AND o.deferred_until < w.ends_at))
$$;

-- Whether the friend has won the referrer by an invitation of their own: of two people who refer each other, one counts.
CREATE FUNCTION boon.was_won_by_friend(r boon.referrals) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = r.referrer_id AND x.referrer_id = r.friend_id
    AND ((x.status = 'qualified' AND (x.qualified_at, x.id) < (r.qualified_at, r.id))
      OR EXISTS (SELECT FROM boon.referral_rewards w WHERE w.referral_id = x.id)))
$$;

-- Gives the rewards of one qualified referral that is due. The caller has locked it and both accounts.
--  * An account that is frozen: tried again a day later, for as long after the reward was due as it could be clawed back; then
--    refused. One that is closed: refused.
--  * The referrer's month is full: the friend gets their reward all the same; the referrer's is gone, or comes with
--    the next month.
--  * The month's last places are kept for friends who qualified earlier and wait for a frozen account: it is tried again after
--    them.
CREATE OR REPLACE FUNCTION boon.reward_referral(r boon.referrals, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon.rules_of(r);
  referrer boon.accounts;
  friend boon.accounts;
  w boon.reward_windows;
  turns record;
  side text;
BEGIN
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT friend FROM boon.accounts a WHERE a.id = r.friend_id;
  IF referrer.status <> 'active' OR friend.status <> 'active' THEN
    side := CASE WHEN referrer.status <> 'active' THEN 'referrer' ELSE 'friend' END;
    IF 'closed' IN (referrer.status, friend.status) OR p_at >= coalesce(r.reward_due_at, r.qualified_at) + rules.clawback_within THEN
      PERFORM boon.end_referral(r, 'refused', p_at, 'account_frozen', format('The %s''s account is not active.', side), NULL, NULL);
    ELSE
      PERFORM boon.defer_reward(r, p_at + interval '1 day', 'account_frozen', format('The %s''s account is frozen.', side), p_at);
    END IF;
    RETURN;
  END IF;
  IF boon.was_won_by_friend(r) AND NOT EXISTS (SELECT FROM boon.referral_rewards g WHERE g.referral_id = r.id) THEN
    PERFORM boon.end_referral(r, 'refused', p_at, 'duplicate_referral', 'Referrer and friend have referred each other, which counts once.', NULL, NULL);
    RETURN;
  END IF;
  PERFORM boon.give_reward(r, 'friend', rules, p_at);
  IF rules.referrer_resets + rules.referrer_credits > 0 THEN
    w := boon.reward_window_at(r.referrer_id, r.program, p_at, rules.monthly_cap);
    turns := boon.turns_before(r, w, p_at);
    IF NOT boon.claim_slot(w, r.id, turns.waiting, p_at) THEN
      IF w.used < w.cap THEN
        PERFORM boon.defer_over_cap(r, w.cap, least(coalesce(turns.next_at, p_at + interval '1 day'), w.ends_at),
          'The last places of this billing month are kept for friends who qualified earlier.', p_at);
        RETURN;
      END IF;
      IF rules.over_cap = 'forfeit' OR (rules.monthly_cap = 0 AND NOT EXISTS (
          SELECT FROM boon.reward_cap_raises x WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month)) THEN
        UPDATE boon.referrals SET cap_met = w.cap WHERE id = r.id RETURNING * INTO r;
        PERFORM boon.end_referral(r, 'refused', p_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in the billing month that ends at %s.', w.used, w.cap, boon.instant_text(w.ends_at)), NULL, NULL);
      ELSE
        PERFORM boon.defer_over_cap(r, w.cap, w.ends_at,
          format('The referrer has had %s of %s rewards in this billing month.', w.used, w.cap), p_at);
      END IF;
      RETURN;
    END IF;
    PERFORM boon.give_reward(r, 'referrer', rules, p_at);
  END IF;
  UPDATE boon.referrals SET status = 'rewarded', rewarded_at = p_at, ended_at = p_at, deferred_until = NULL, reason_code = NULL, detail = NULL,
    cap_met = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.rewarded', p_at);
END $$;

-- Takes ids of referrals, each once, and the time of each; gives the rewards that are due, in the order in which the
-- friends qualified; returns all. One that qualifies only now is left alone: its accounts are not locked. Whatever else is due to the
-- same referrers comes with them, so that nobody gets before a friend who qualified earlier.
CREATE OR REPLACE FUNCTION boon.reward_referrals(p_ids text[], p_ats timestamptz[]) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  ids text[];
  ats timestamptz[];
  qualified text[];
  due record;
BEGIN
  SELECT array_agg(y.id), array_agg(y.at) INTO ids, ats FROM (
    SELECT z.id, max(z.at) AS at FROM (
      SELECT * FROM unnest(p_ids, p_ats) asked (id, at)
      UNION ALL
      SELECT o.id, asked.at FROM unnest(p_ids, p_ats) asked (id, at) JOIN boon.referrals x ON x.id = asked.id
      JOIN boon.referrals o ON o.referrer_id = x.referrer_id AND o.program = x.program
      WHERE x.status = 'qualified' AND (x.deferred_until IS NULL OR x.deferred_until <= asked.at) AND o.status = 'qualified' AND o.deadline <= asked.at) z
    GROUP BY z.id) y;
  qualified := ARRAY(SELECT x.id FROM boon.referrals x WHERE x.id = ANY (ids) AND x.status = 'qualified');
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT v.id FROM boon.referrals x CROSS JOIN LATERAL (VALUES (x.referrer_id), (x.friend_id)) v (id)
    WHERE x.id = ANY (qualified)) ORDER BY a.id FOR UPDATE;
  PERFORM FROM boon.referrals x WHERE x.id = ANY (qualified) ORDER BY x.id FOR UPDATE;
  FOR due IN
    SELECT x AS referral, y.at FROM unnest(ids, ats) y (id, at) JOIN boon.referrals x ON x.id = y.id
    WHERE x.id = ANY (qualified) AND x.status = 'qualified' AND (x.deferred_until IS NULL OR x.deferred_until <= y.at)
    ORDER BY x.qualified_at, x.id
  LOOP
    PERFORM boon.reward_referral(due.referral, greatest(due.at, (due.referral).qualified_at));
  END LOOP;
  RETURN QUERY SELECT boon.referral_view(x) FROM boon.referrals x WHERE x.id = ANY (p_ids);
END $$;
