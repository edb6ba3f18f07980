-- Reward windows: one account's billing month in one program, and the counter that makes one reward too many
-- impossible whatever asks for it.

CREATE TABLE boon.reward_windows (
  account_id text COLLATE "C" NOT NULL,
  program text COLLATE "C" NOT NULL,
  -- The day it begins on.
  month date NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  cap int NOT NULL,
  used int NOT NULL,
  PRIMARY KEY (account_id, program, month),
  CONSTRAINT window_is_sound CHECK (
    starts_at < ends_at AND starts_at = month::timestamp AT TIME ZONE 'UTC' AND used >= 0 AND used <= cap)
) WITH (fillfactor = 85);

-- The places of a window that were taken, numbered from 1: one a referral, for ever.
CREATE TABLE boon.reward_slots (
  referral_id text COLLATE "C" PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  program text COLLATE "C" NOT NULL,
  month date NOT NULL,
  number int NOT NULL CHECK (number >= 1),
  claimed_at timestamptz NOT NULL,
  UNIQUE (account_id, program, month, number),
  FOREIGN KEY (account_id, program, month) REFERENCES boon.reward_windows
);
SELECT boon.make_append_only('boon.reward_slots');

-- Who raised a cap, and why.
CREATE TABLE boon.reward_cap_raises (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  program text COLLATE "C" NOT NULL,
  month date NOT NULL,
  cap_before int NOT NULL,
  cap int NOT NULL,
  reason text NOT NULL,
  operated_by text,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  CONSTRAINT a_cap_only_rises CHECK (cap > cap_before)
);
SELECT boon.make_append_only('boon.reward_cap_raises');

-- Midnight (UTC) of the billing day in the month that p_first begins, or of the month's last day where it is too short.
-- The rule stands in domain/billing-month.ts too.
CREATE FUNCTION boon.billing_day_in(p_first date, p_day int) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN (p_first + least(p_day, extract(day FROM p_first + interval '1 month' - interval '1 day')::int) - 1)::timestamp AT TIME ZONE 'UTC';

CREATE FUNCTION boon.billing_month(p_day int, p_at timestamptz, OUT starts_at timestamptz, OUT ends_at timestamptz) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  first date := date_trunc('month', p_at AT TIME ZONE 'UTC')::date;
BEGIN
  starts_at := boon.billing_day_in(first, p_day);
  IF starts_at > p_at THEN
    ends_at := starts_at;
    starts_at := boon.billing_day_in((first - interval '1 month')::date, p_day);
  ELSE
    ends_at := boon.billing_day_in((first + interval '1 month')::date, p_day);
  END IF;
END $$;

-- The window a moment falls into, stored or not yet. Where the billing day has moved, a stored window keeps its end
-- and the next one begins there: windows neither overlap nor leave a gap between them.
CREATE FUNCTION boon.reward_window_at(p_account text, p_billing_day int, p_program text, p_at timestamptz, p_cap int)
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
  SELECT p_account, p_program, NULL, greatest(m.starts_at, before), least(m.ends_at, after), p_cap, 0 INTO w FROM boon.billing_month(p_billing_day, p_at) m;
  w.month := (w.starts_at AT TIME ZONE 'UTC')::date;
  RETURN w;
END $$;

CREATE FUNCTION boon.reward_window_view(w boon.reward_windows) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('account_id', w.account_id, 'program', w.program, 'month', w.month, 'starts_at', w.starts_at, 'ends_at', w.ends_at,
    'cap', w.cap, 'claimed', coalesce((
      SELECT jsonb_agg(s.referral_id ORDER BY s.number) FROM boon.reward_slots s
      WHERE s.account_id = w.account_id AND s.program = w.program AND s.month = w.month), '[]'::jsonb))
$$;

-- Takes a place in the window for a referral, if one is free. The caller has locked the account.
CREATE FUNCTION boon.claim_slot(w boon.reward_windows, p_referral text, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF w.used >= w.cap THEN RETURN false; END IF;
  INSERT INTO boon.reward_windows SELECT w.* ON CONFLICT DO NOTHING;
  UPDATE boon.reward_windows x SET used = x.used + 1
    WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month RETURNING * INTO STRICT w;
  INSERT INTO boon.reward_slots VALUES (p_referral, w.account_id, w.program, w.month, w.used, p_at);
  RETURN true;
END $$;

CREATE TYPE boon.cap_request AS (
  i int, key text, input_hash text, at timestamptz, account_id text, program text, month date, cap int, reason text, operator text
);

-- An operator raises the cap of one month; rewards that were deferred out of it are due at once. Takes an array;
-- answers each by its `i`: {window} or {code, detail}.
CREATE FUNCTION boon.raise_caps(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon.cap_request[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.cap_request, p_requests) q);
  r boon.cap_request;
  rules boon.program_rules;
  w boon.reward_windows;
  day int;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT q.account_id FROM unnest(requests) q) ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO rules FROM boon.program_rules p WHERE p.version = p_policy AND p.program = r.program;
    SELECT a.billing_day INTO day FROM boon.accounts a WHERE a.id = r.account_id;
    IF rules.program IS NULL OR day IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', CASE WHEN day IS NULL THEN format('There is no account "%s".', r.account_id)
                                                                        ELSE format('There is no program "%s".', r.program) END);
      RETURN NEXT; CONTINUE;
    END IF;
    w := boon.reward_window_at(r.account_id, day, r.program, r.month::timestamp AT TIME ZONE 'UTC', rules.monthly_cap);
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
