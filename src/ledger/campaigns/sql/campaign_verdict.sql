-- What a campaign says of an account, but for what the account has used or can be given: the first reason that applies.
CREATE FUNCTION boon_code.campaign_verdict(c boon.campaigns, a boon.accounts, p_at timestamptz) RETURNS boon.campaign_outcome
  LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN a.status = 'closed' THEN 'closed'
    WHEN a.status = 'frozen' THEN 'frozen'
    WHEN a.plan <> ALL (c.plans) THEN 'plan'
    WHEN NOT a.cohorts && c.cohorts THEN 'cohort'
    WHEN c.expires_at <= p_at THEN 'too_late'
    ELSE 'granted' END::boon.campaign_outcome
$$;
