CREATE TYPE boon_code.cap_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  account_id text,
  program text,
  month date,
  cap integer,
  reason text,
  operator text
);

-- An operator raises the cap of one month; rewards that were deferred out of it, or wait in it for their turn, are due at once.
-- Takes an array; answers each by its `i`: {window} or {code, detail}.
CREATE FUNCTION boon_code.raise_caps(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon_code.cap_request[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.cap_request, p_requests) q);
  r boon_code.cap_request;
  rules boon.program_rules;
  w boon.reward_windows;
  known boolean;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT q.account_id FROM unnest(requests) q) ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    rules := boon_code.program_rules_for(p_policy, r.program, r.account_id);
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
    w := boon_code.reward_window_at(r.account_id, r.program, r.month::timestamp AT TIME ZONE 'UTC', rules.monthly_cap);
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
    result := jsonb_build_object('window', boon_code.reward_window_view(w));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('reward_cap.raised', r.account_id, ARRAY[r.account_id],
        result -> 'window' || jsonb_build_object('reason', r.reason, 'by', r.operator), r.at);
    RETURN NEXT;
  END LOOP;
END $$;
