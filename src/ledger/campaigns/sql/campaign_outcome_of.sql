-- What a campaign did for an account: {outcome, at, ...}; null when there is no such account.
CREATE FUNCTION boon_code.campaign_outcome_of(p_campaign text, p_account text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('campaign_id', c.id, 'account_id', a.id, 'at', o.effective_at,
    'outcome', CASE WHEN o.outcome = 'granted' THEN 'granted' WHEN o.outcome IS NOT NULL OR later THEN 'excluded' ELSE 'not_yet' END,
    'reason', CASE WHEN o.outcome <> 'granted' THEN o.outcome::text WHEN o.outcome IS NOT NULL THEN NULL
                   WHEN later THEN 'created_later' WHEN c.status IN ('paused', 'canceled') THEN c.status::text END)
  FROM boon.campaigns c
  CROSS JOIN boon.accounts a
  CROSS JOIN LATERAL (SELECT a.number > c.last_account AND NOT c.ongoing AS later) l
  LEFT JOIN boon.campaign_accounts o ON o.campaign_id = c.id AND o.account_id = a.id
  WHERE c.id = p_campaign AND a.id = p_account
$$;
