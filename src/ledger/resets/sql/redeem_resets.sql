CREATE TYPE boon_code.redeem_request AS (
  i integer,
  account_id text,
  request_id text,
  reset_id bigint,
  at timestamp with time zone,
  dry_run boolean
);

-- Takes an array of redemptions; answers each by its `i`: a refusal, or its outcome with the reset, the moment and the
-- windows before it. A request id redeems once: asked again it answers what it did then, as does the choice of a reset
-- that another request has redeemed. Of several new requests of one account one is answered, the rest not at all: they
-- wait for the next call. A reset follows the policy it was banked under; the limits are those of p_policy. One that is
-- redeemed within `return_within` before the weekly window ends by itself comes back at that end, unless the window
-- begins anew now. A reset is spent only where it gives something back: what was used of a window without a limit is
-- nothing to reset. What was used before stays countable for uses that are reported late. Servers' clocks differ: a redemption
-- takes place no sooner than the windows opened that it restores, and than its reset was banked, and restores what is
-- open then.
CREATE FUNCTION boon_code.redeem_resets(p_policy text, p_requests json)
RETURNS TABLE (i int, refused text, reason_code text, outcome boon.redeem_outcome, reset_id bigint, effective_at timestamptz,
  five_hour_limit bigint, five_hour_used bigint, five_hour_started_at timestamptz,
  weekly_limit bigint, weekly_used bigint, weekly_started_at timestamptz, weekly_moved boolean) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  requests boon_code.redeem_request[];
BEGIN
  requests := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.redeem_request, p_requests) q);
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
    SELECT q.i, q.account_id, q.request_id, m.at, q.dry_run, t.id AS reset_id,
      l.five_hour AS five_hour_limit, coalesce(f.used, 0) AS five_hour_used, f.started_at AS five_hour_started_at,
      l.weekly AS weekly_limit, coalesce(w.used, 0) AS weekly_used, w.started_at AS weekly_started_at,
      w.started_at IS NOT NULL AND coalesce(p.moves_weekly_date, false) AS weekly_moved,
      w.started_at + boon_code.window_length('weekly') AS weekly_ends_at, p.return_within,
      CASE WHEN a.id IS NULL THEN 'not_found' WHEN a.status <> 'active' THEN 'account_frozen' END AS refused, a.status,
      CASE WHEN t.id IS NULL THEN 'no_credit' WHEN NOT coalesce(f.used > 0 AND l.five_hour IS NOT NULL OR w.used > 0 AND l.weekly IS NOT NULL, false) THEN 'nothing_to_reset'
           ELSE 'reset' END::boon.redeem_outcome AS outcome
    FROM asked q
    LEFT JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = q.account_id OFFSET 0) a ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = a.plan OFFSET 0) l ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'five_hour'
                       AND x.started_at + boon_code.window_length('five_hour') > q.at OFFSET 0) five ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'weekly'
                       AND x.started_at + boon_code.window_length('weekly') > q.at OFFSET 0) week ON true
    CROSS JOIN LATERAL (SELECT greatest(q.at, five.started_at, five.counts_from, week.started_at, week.counts_from) AS at) n
    LEFT JOIN LATERAL (SELECT x.id, x.policy_version, x.granted_at FROM boon.resets x WHERE x.account_id = q.account_id AND x.status = 'available'
                       AND x.expires_at > n.at AND (q.reset_id IS NULL OR x.id = q.reset_id)
                       ORDER BY x.expires_at, x.id LIMIT 1) t ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.reset_rules x WHERE x.version = t.policy_version OFFSET 0) p ON true
    CROSS JOIN LATERAL (SELECT greatest(n.at, t.granted_at) AS at) m
    LEFT JOIN LATERAL (SELECT five.started_at, five.used WHERE five.started_at + boon_code.window_length('five_hour') > m.at) f ON true
    LEFT JOIN LATERAL (SELECT week.started_at, week.used WHERE week.started_at + boon_code.window_length('weekly') > m.at) w ON true
    WHERE NOT q.known AND q.turn = 1
  ), spent AS MATERIALIZED (
    SELECT * FROM decided d WHERE d.refused IS NULL AND d.outcome = 'reset' AND NOT d.dry_run
  ), redeemed AS (
    UPDATE boon.resets r SET status = 'redeemed', redeemed_at = s.at,
      return_at = CASE WHEN NOT s.weekly_moved AND s.weekly_ends_at <= s.at + s.return_within THEN s.weekly_ends_at END
    FROM spent s WHERE r.id = s.reset_id
  ), ended AS (
    INSERT INTO boon.past_windows SELECT (boon_code.past_window(u, s.at)).* FROM spent s JOIN boon.usage_windows u ON u.account_id = s.account_id
  ), restored AS (
    UPDATE boon.usage_windows u SET used = 0, restored_by = s.reset_id, since = nextval('boon.usage_seq'), counts_from = greatest(s.at, boon_code.counts_from(u)),
      started_at = CASE WHEN CASE u.kind WHEN 'weekly' THEN s.weekly_moved ELSE s.five_hour_started_at IS NOT NULL END
                        THEN greatest(s.at, u.started_at) ELSE u.started_at END
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
