-- Price: each use of a call with what it costs, and all that it is judged by as things are: its account, the plan, both
-- windows, what its account has of its own, and the row of an earlier use with its id (`done`). Inlined into `use`, so it
-- must stay one plain SELECT; the order of the requests is kept.
CREATE FUNCTION boon_code.priced_uses(p_policy text, p_requests boon_code.use_request[], p_remembered_from timestamptz)
RETURNS TABLE (i int, id text, account_id text, pool_id text, product text, model text, units bigint, at timestamptz, now timestamptz, use_credits boolean,
  status text, switch boon.credit_switch, org_id text, pool_limit bigint, state_since timestamptz, known boolean,
  five_hour_limit bigint, weekly_limit bigint, products text[], amount numeric, five_hour boon.usage_windows, weekly boon.usage_windows, done boon.usage,
  available numeric) LANGUAGE sql STABLE AS $$
  SELECT q.*, a.status, a.use_credits, a.org_id, a.pool_limit, a.state_since, a.id IS NOT NULL,
    l.five_hour, l.weekly, l.products, c.amount, f, w, u, coalesce(b.available, 0)
  FROM unnest(p_requests) q
  LEFT JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = q.account_id OFFSET 0) a ON true
  LEFT JOIN LATERAL (SELECT * FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = a.plan OFFSET 0) l ON true
  LEFT JOIN LATERAL (SELECT x FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'five_hour' OFFSET 0) f (f) ON true
  LEFT JOIN LATERAL (SELECT x FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'weekly' OFFSET 0) w (w) ON true
  LEFT JOIN LATERAL (SELECT x FROM boon.usage x WHERE x.account_id = q.account_id AND x.id = q.id AND x.at > p_remembered_from - interval '7 days'
    AND x.told_at > p_remembered_from LIMIT 1) u (u) ON true
  -- Rounded up to a whole micro-credit: nothing is free. By `div`, since `/` may have too few decimals for it.
  CROSS JOIN LATERAL (SELECT div(q.units::numeric * coalesce(
    (SELECT x.rate FROM boon.rate_rules x WHERE x.version = p_policy AND x.product = q.product AND x.model = q.model
       AND x.starts_at <= q.at ORDER BY x.starts_at DESC LIMIT 1),
    (SELECT x.rate FROM boon.rate_rules x WHERE x.version = p_policy AND x.product = q.product AND x.model = 'default'
       AND x.starts_at <= q.at ORDER BY x.starts_at DESC LIMIT 1)) + 999999, 1000000) AS amount) c
  LEFT JOIN LATERAL (SELECT sum(x.remaining) AS available FROM boon.lots x
    WHERE x.account_id = q.account_id AND x.open AND (x.expires_at IS NULL OR x.expires_at > q.now)) b ON true
$$;
