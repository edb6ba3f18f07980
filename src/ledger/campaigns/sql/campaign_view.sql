CREATE FUNCTION boon_code.campaign_view(c boon.campaigns) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH tally AS (
    SELECT t.outcome, sum(t.accounts)::bigint AS accounts, coalesce(sum(t.accounts) FILTER (WHERE t.late), 0)::bigint AS late
    FROM boon.campaign_tallies t WHERE t.campaign_id = c.id GROUP BY t.outcome
  ), total AS (SELECT coalesce(sum(accounts), 0)::bigint AS accounts, coalesce(sum(late), 0)::bigint AS late FROM tally)
  SELECT jsonb_build_object('id', c.id, 'kind', c.kind, 'status', c.status,
    'filter', jsonb_strip_nulls(jsonb_build_object('plans', to_jsonb(c.plans), 'cohorts', to_jsonb(c.cohorts))),
    'resets', c.resets, 'amount', boon_code.credits(c.amount), 'source', c.source, 'expires_at', c.expires_at,
    'valid_for', c.valid_for, 'giftable', c.giftable, 'ongoing', c.ongoing, 'reason', c.reason, 'created_by', c.created_by,
    'policy_version', c.policy_version, 'created_at', c.created_at, 'ended_at', c.ended_at,
    'matched', c.matched + total.late,
    'granted', coalesce((SELECT accounts FROM tally WHERE outcome = 'granted'), 0),
    'excluded', coalesce((SELECT jsonb_object_agg(outcome, accounts ORDER BY outcome) FROM tally WHERE outcome <> 'granted' AND accounts <> 0), '{}'),
    'remaining', c.matched - (total.accounts - total.late))
  FROM total
$$;
