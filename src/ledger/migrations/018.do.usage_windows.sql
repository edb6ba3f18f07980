-- What an account has used of its plan, and what is left of it at a moment. The rule of windows stands in
-- domain/usage-window.ts too; a test holds the two together.

CREATE FUNCTION boon.window_length(p_kind boon.window_kind) RETURNS interval LANGUAGE sql IMMUTABLE
  RETURN CASE p_kind WHEN 'five_hour' THEN interval '5 hours' ELSE interval '168 hours' END;

CREATE TYPE boon.plan_use AS (i int, account_id text, amount bigint, at timestamptz);

-- Takes an array of uses, each an amount of the plan in micro-credits' worth, and counts it in both windows; one that
-- has run out opens anew. Answers each by its `i` with the windows after it; of an account that does not exist with
-- nothing. Nothing is refused and nothing split: what a plan does not cover is not to be handed in.
CREATE FUNCTION boon.use_windows(p_policy text, p_uses json)
RETURNS TABLE (i int, five_hour_limit bigint, five_hour_used bigint, five_hour_started_at timestamptz,
  weekly_limit bigint, weekly_used bigint, weekly_started_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  r boon.plan_use;
BEGIN
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.account_id FROM json_populate_recordset(NULL::boon.plan_use, p_uses) q) ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.plan_use, p_uses) ORDER BY 1 LOOP
    RETURN QUERY
      WITH counted AS (
        INSERT INTO boon.usage_windows AS w (account_id, kind, started_at, used)
        SELECT a.id, k.kind, r.at, r.amount FROM boon.accounts a, unnest(enum_range(NULL::boon.window_kind)) k (kind) WHERE a.id = r.account_id
        ON CONFLICT (account_id, kind) DO UPDATE SET
          started_at = CASE WHEN w.started_at + boon.window_length(w.kind) > r.at THEN w.started_at ELSE r.at END,
          used = CASE WHEN w.started_at + boon.window_length(w.kind) > r.at THEN w.used ELSE 0 END + r.amount,
          restored_by = CASE WHEN w.started_at + boon.window_length(w.kind) > r.at THEN w.restored_by END
        RETURNING w.kind, w.started_at, w.used
      )
      SELECT r.i, l.five_hour, f.used, f.started_at, l.weekly, w.used, w.started_at
      FROM counted f JOIN counted w ON f.kind = 'five_hour' AND w.kind = 'weekly'
      JOIN boon.accounts a ON a.id = r.account_id
      LEFT JOIN boon.plan_rules l ON l.version = p_policy AND l.plan = a.plan;
  END LOOP;
END $$;

-- What an account may use at a moment; no row when there is none. A window that is not open has used nothing.
CREATE FUNCTION boon.limits(p_policy text, p_account text, p_at timestamptz)
RETURNS TABLE (plan text, five_hour_limit bigint, five_hour_used bigint, five_hour_started_at timestamptz,
  weekly_limit bigint, weekly_used bigint, weekly_started_at timestamptz, credits bigint, resets bigint) LANGUAGE sql STABLE AS $$
  SELECT a.plan, l.five_hour, coalesce(f.used, 0), f.started_at, l.weekly, coalesce(w.used, 0), w.started_at,
    coalesce((SELECT sum(o.remaining) FROM boon.lots o
              WHERE o.account_id = a.id AND o.open AND (o.expires_at IS NULL OR o.expires_at > p_at)), 0)::bigint,
    (SELECT count(*) FROM boon.resets t WHERE t.account_id = a.id AND t.status = 'available' AND t.expires_at > p_at)
  FROM boon.accounts a
  LEFT JOIN boon.plan_rules l ON l.version = p_policy AND l.plan = a.plan
  LEFT JOIN boon.usage_windows f ON f.account_id = a.id AND f.kind = 'five_hour' AND f.started_at + boon.window_length('five_hour') > p_at
  LEFT JOIN boon.usage_windows w ON w.account_id = a.id AND w.kind = 'weekly' AND w.started_at + boon.window_length('weekly') > p_at
  WHERE a.id = p_account
$$;
