-- The window of an account that was open at a moment, and what uses of up to that moment had used of it; no row where
-- none was.
CREATE FUNCTION boon_code.window_at(p_account text, p_kind boon.window_kind, p_at timestamptz)
RETURNS TABLE (number bigint, started_at timestamptz, counts_from timestamptz, ended_at timestamptz, used bigint, restored_by bigint) LANGUAGE sql STABLE AS $$
  SELECT x.number, x.started_at, x.counts_from, x.ended_at, coalesce((
      SELECT sum(u.plan_part) FROM boon.usage u
      CROSS JOIN LATERAL (SELECT CASE p_kind WHEN 'weekly' THEN u.weekly_window ELSE u.five_hour_window END AS named) n
      WHERE u.account_id = p_account AND u.at <= p_at AND u.at >= x.started_at - interval '7 days'
        AND (n.named = x.number OR n.named < x.number AND EXISTS (SELECT FROM boon.window_splits s
          WHERE s.account_id = p_account AND s.kind = p_kind AND s.number = n.named AND s.at < u.at))
        AND boon_code.window_of(p_account, p_kind, n.named, u.at) = x.number), 0)::bigint, x.restored_by
  FROM (
    SELECT (boon_code.past_window(w, NULL)).* FROM boon.usage_windows w WHERE w.account_id = p_account AND w.kind = p_kind
    UNION ALL
    SELECT p.* FROM boon.past_windows p WHERE p.account_id = p_account AND p.kind = p_kind) x
  WHERE x.counts_from <= p_at AND x.ended_at > p_at
$$;
