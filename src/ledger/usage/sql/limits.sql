-- What an account may use at a moment; no row when there is none. A window that is not open has used nothing.
CREATE FUNCTION boon_code.limits(p_policy text, p_account text, p_at timestamptz)
RETURNS TABLE (plan text, five_hour_limit bigint, five_hour_used bigint, five_hour_started_at timestamptz,
  weekly_limit bigint, weekly_used bigint, weekly_started_at timestamptz, credits bigint, resets bigint) LANGUAGE sql STABLE AS $$
  SELECT a.plan, l.five_hour, coalesce(f.used, 0), f.started_at, l.weekly, coalesce(w.used, 0), w.started_at,
    coalesce((SELECT sum(o.remaining) FROM boon.lots o
              WHERE o.account_id = a.id AND o.open AND (o.expires_at IS NULL OR o.expires_at > p_at)), 0)::bigint,
    (SELECT count(*) FROM boon.resets t WHERE t.account_id = a.id AND t.status = 'available' AND t.expires_at > p_at)
  FROM boon.accounts a
  LEFT JOIN boon.plan_rules l ON l.version = p_policy AND l.plan = a.plan
  LEFT JOIN boon.usage_windows f ON f.account_id = a.id AND f.kind = 'five_hour' AND f.started_at + boon_code.window_length('five_hour') > p_at
  LEFT JOIN boon.usage_windows w ON w.account_id = a.id AND w.kind = 'weekly' AND w.started_at + boon_code.window_length('weekly') > p_at
  WHERE a.id = p_account
$$;
