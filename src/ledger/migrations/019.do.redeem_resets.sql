-- Banking resets by an operator, and redeeming them.
CREATE TYPE boon.reset_grant AS (
  i int, key text, input_hash text, at timestamptz, account_id text, count int, program text, reason text, operator text
);

-- A reset as readers see it at a moment: one whose time is over has expired, whether or not that has been posted yet.
CREATE FUNCTION boon.reset_view(r boon.resets, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', r.id::text,
    'status', CASE WHEN r.status = 'available' AND r.expires_at <= p_at THEN 'expired' ELSE r.status END,
    'source', r.source, 'program', r.program, 'granted_at', r.granted_at, 'expires_at', r.expires_at, 'redeemed_at', r.redeemed_at)
$$;

-- Takes an array of grants; answers each by its `i`: {resets, reason, by} or {code, reason_code, detail}.
CREATE FUNCTION boon.grant_resets(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.reset_grant;
  status text;
  banked bigint[];
BEGIN
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.account_id FROM json_populate_recordset(NULL::boon.reset_grant, p_requests) q)
    ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.reset_grant, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT a.status INTO status FROM boon.accounts a WHERE a.id = r.account_id;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
      RETURN NEXT; CONTINUE;
    END IF;
    IF status = 'closed' THEN
      result := jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_unavailable', 'detail', 'The account is closed.');
    ELSE
      banked := ARRAY(SELECT boon.bank_resets(p_policy, r.account_id, r.count, 'grant', r.program, r.key, r.at));
      SELECT jsonb_build_object('resets', jsonb_agg(boon.reset_view(t, r.at) ORDER BY t.id), 'reason', r.reason, 'by', r.operator)
        INTO result FROM boon.resets t WHERE t.id = ANY (banked);
    END IF;
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- One row a redemption, under the request id of its owner: the windows and limits before it, and whether the weekly
-- window began anew with it. That nothing is spent where nothing is used stands here as a constraint.
CREATE TABLE boon.redemptions (
  account_id text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  reset_id bigint NOT NULL,
  effective_at timestamptz NOT NULL,
  five_hour_limit bigint,
  five_hour_used bigint NOT NULL,
  five_hour_started_at timestamptz,
  weekly_limit bigint,
  weekly_used bigint NOT NULL,
  weekly_started_at timestamptz,
  weekly_moved boolean NOT NULL,
  PRIMARY KEY (account_id, request_id),
  CONSTRAINT something_was_used CHECK (five_hour_used >= 0 AND weekly_used >= 0 AND five_hour_used + weekly_used > 0)
);
SELECT boon.make_append_only('boon.redemptions');

CREATE TYPE boon.redeem_request AS (i int, account_id text, request_id text, reset_id bigint, at timestamptz, dry_run boolean);
CREATE TYPE boon.redeem_outcome AS ENUM ('reset', 'nothing_to_reset', 'no_credit', 'already_redeemed');

-- Takes an array of redemptions; answers each by its `i`: a refusal, or its outcome with the reset, the moment and the
-- windows before it. A request id redeems once: asked again it answers what it did then, as does the choice of a reset
-- that another request has redeemed. Of several new requests of one account one is answered, the rest not at all: they
-- wait for the next call. A reset follows the policy it was banked under; the limits are those of p_policy. One that is
-- redeemed within `return_within` before the weekly window ends by itself comes back at that end, unless the window
-- begins anew now.
CREATE FUNCTION boon.redeem_resets(p_policy text, p_requests json)
RETURNS TABLE (i int, refused text, reason_code text, outcome boon.redeem_outcome, reset_id bigint, effective_at timestamptz,
  five_hour_limit bigint, five_hour_used bigint, five_hour_started_at timestamptz,
  weekly_limit bigint, weekly_used bigint, weekly_started_at timestamptz, weekly_moved boolean) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  requests boon.redeem_request[];
BEGIN
  requests := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.redeem_request, p_requests) q);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT q.account_id FROM unnest(requests) q) ORDER BY a.id FOR UPDATE;
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT q.*, d AS done, (d).reset_id IS NOT NULL AS known,
      row_number() OVER (PARTITION BY q.account_id, (d).reset_id IS NULL ORDER BY q.i) AS turn
    FROM unnest(requests) q
    LEFT JOIN LATERAL (
      SELECT x.* FROM boon.redemptions x WHERE x.account_id = q.account_id AND x.request_id = q.request_id
      UNION ALL
      SELECT x.* FROM boon.redemptions x WHERE x.account_id = q.account_id AND q.reset_id IS NOT NULL AND x.reset_id = q.reset_id
      LIMIT 1) d ON true
  ), decided AS MATERIALIZED (
    SELECT q.i, q.account_id, q.request_id, q.at, q.dry_run, t.id AS reset_id,
      l.five_hour AS five_hour_limit, coalesce(f.used, 0) AS five_hour_used, f.started_at AS five_hour_started_at,
      l.weekly AS weekly_limit, coalesce(w.used, 0) AS weekly_used, w.started_at AS weekly_started_at,
      w.started_at IS NOT NULL AND coalesce(p.moves_weekly_date, false) AS weekly_moved,
      w.started_at + interval '168 hours' AS weekly_ends_at, p.return_within,
      CASE WHEN a.id IS NULL THEN 'not_found' WHEN a.status <> 'active' THEN 'account_frozen' END AS refused, a.status,
      CASE WHEN t.id IS NULL THEN 'no_credit' WHEN coalesce(f.used, 0) + coalesce(w.used, 0) = 0 THEN 'nothing_to_reset'
           ELSE 'reset' END::boon.redeem_outcome AS outcome
    FROM asked q
    LEFT JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = q.account_id OFFSET 0) a ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = a.plan OFFSET 0) l ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'five_hour'
                       AND x.started_at + interval '5 hours' > q.at OFFSET 0) f ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'weekly'
                       AND x.started_at + interval '168 hours' > q.at OFFSET 0) w ON true
    LEFT JOIN LATERAL (SELECT x.id, x.policy_version FROM boon.resets x WHERE x.account_id = q.account_id AND x.status = 'available'
                       AND x.expires_at > q.at AND (q.reset_id IS NULL OR x.id = q.reset_id)
                       ORDER BY x.expires_at, x.id LIMIT 1) t ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.reset_rules x WHERE x.version = t.policy_version OFFSET 0) p ON true
    WHERE NOT q.known AND q.turn = 1
  ), spent AS MATERIALIZED (
    SELECT * FROM decided d WHERE d.refused IS NULL AND d.outcome = 'reset' AND NOT d.dry_run
  ), redeemed AS (
    UPDATE boon.resets r SET status = 'redeemed', redeemed_at = s.at,
      return_at = CASE WHEN NOT s.weekly_moved AND s.weekly_ends_at <= s.at + s.return_within THEN s.weekly_ends_at END
    FROM spent s WHERE r.id = s.reset_id
  ), restored AS (
    UPDATE boon.usage_windows u SET used = 0, restored_by = s.reset_id, since = nextval('boon.usage_seq'),
      started_at = CASE WHEN CASE u.kind WHEN 'weekly' THEN s.weekly_moved ELSE s.five_hour_started_at IS NOT NULL END
                        THEN s.at ELSE u.started_at END
    FROM spent s WHERE u.account_id = s.account_id
  ), recorded AS (
    INSERT INTO boon.redemptions
    SELECT s.account_id, s.request_id, s.reset_id, s.at, s.five_hour_limit, s.five_hour_used, s.five_hour_started_at,
      s.weekly_limit, s.weekly_used, s.weekly_started_at, s.weekly_moved FROM spent s
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT s.reset_id, s.account_id, 'redeemed', s.request_id, s.at FROM spent s
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.redeemed', s.reset_id::text, ARRAY[s.account_id],
      jsonb_build_object('reset_id', s.reset_id::text, 'request_id', s.request_id), s.at FROM spent s
  )
  SELECT q.i, NULL, NULL, 'already_redeemed'::boon.redeem_outcome, (q.done).reset_id, (q.done).effective_at,
    (q.done).five_hour_limit, (q.done).five_hour_used, (q.done).five_hour_started_at,
    (q.done).weekly_limit, (q.done).weekly_used, (q.done).weekly_started_at, (q.done).weekly_moved
  FROM asked q WHERE q.known
  UNION ALL
  SELECT d.i, d.refused, CASE d.refused WHEN 'account_frozen' THEN d.status END, d.outcome,
    CASE d.outcome WHEN 'reset' THEN d.reset_id END, d.at,
    d.five_hour_limit, d.five_hour_used, d.five_hour_started_at, d.weekly_limit, d.weekly_used, d.weekly_started_at, d.weekly_moved
  FROM decided d;
END $$;
