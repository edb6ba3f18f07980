-- Ongoing campaigns, which cover accounts that come, or become eligible, after they began.

-- Has the ongoing campaigns judge an account that is new or has changed: part of boon.put_account, which has locked it.
-- A campaign that is paused will come to it when it is resumed.
CREATE FUNCTION boon.join_campaigns(p_account text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
BEGIN
  FOR c IN SELECT * FROM boon.campaigns x WHERE x.ongoing AND x.status IN ('running', 'ongoing') ORDER BY x.id LOOP
    PERFORM boon.apply_campaign(c, ARRAY[p_account], p_at);
  END LOOP;
END $$;

-- Makes the campaign of complimentary resets what a policy says: begun once, and gone through again when the plans
-- that take part change. Answers its id, or null when there is none and none is wanted.
CREATE FUNCTION boon.keep_complimentary_campaign(p_id text, p_policy text, p_reason text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
  wanted constant text[] := (SELECT ARRAY(SELECT unnest(r.complimentary_plans) ORDER BY 1) FROM boon.reset_rules r WHERE r.version = p_policy);
BEGIN
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p_id;
  IF FOUND AND (c.plans = wanted OR c.ended_at IS NOT NULL) THEN RETURN p_id; END IF;
  IF NOT FOUND THEN
    IF wanted = '{}' THEN RETURN NULL; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('boon.campaigns'));
    PERFORM FROM boon.campaigns x WHERE x.id = p_id;
    -- Another worker, which started at the same moment, has begun it.
    IF FOUND THEN RETURN p_id; END IF;
    c := jsonb_populate_record(NULL::boon.campaigns, jsonb_build_object('id', p_id, 'kind', 'grant_reset', 'plans', wanted,
      'resets', 1, 'reset_source', 'complimentary', 'ongoing', true, 'reason', p_reason, 'policy_version', p_policy, 'created_at', p_at));
    c := boon.begin_pass(c);
    INSERT INTO boon.campaigns SELECT c.*;
    PERFORM boon.tell_of_campaign(c, 'campaign.created', c.reason, NULL, p_at);
    RETURN p_id;
  END IF;
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p_id FOR UPDATE;
  IF c.plans <> wanted AND c.ended_at IS NULL THEN
    c.plans := wanted;
    c.policy_version := p_policy;
    -- Paused by somebody, it stays so: it will go through everybody when it is resumed.
    IF c.status <> 'paused' THEN c := boon.begin_pass(c); END IF;
    UPDATE boon.campaigns x SET plans = c.plans, policy_version = c.policy_version, status = c.status, last_account = c.last_account,
      matched = c.matched, cursor = c.cursor WHERE x.id = c.id;
    PERFORM boon.tell_of_campaign(c, 'campaign.changed', c.reason, NULL, p_at);
  END IF;
  RETURN p_id;
END $$;

-- What a campaign did for an account: {outcome, at, ...}; null when there is no such account.
CREATE FUNCTION boon.campaign_outcome_of(p_campaign text, p_account text) RETURNS jsonb LANGUAGE sql STABLE AS $$
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

-- Where the account of a finished campaign does not add up: one text a fault.
CREATE FUNCTION boon.campaign_faults(p_campaign text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  WITH c AS (SELECT * FROM boon.campaigns WHERE id = p_campaign),
  counted AS (
    SELECT coalesce(r.outcome, t.outcome) AS outcome, coalesce(r.accounts, 0) AS rows, coalesce(t.accounts, 0) AS tally
    FROM (SELECT o.outcome, count(*) AS accounts FROM boon.campaign_accounts o WHERE o.campaign_id = p_campaign GROUP BY 1) r
    FULL JOIN (SELECT x.outcome, sum(x.accounts) AS accounts FROM boon.campaign_tallies x WHERE x.campaign_id = p_campaign GROUP BY 1) t USING (outcome)
  )
  SELECT format('%s rows say %s, the tally says %s', x.rows, x.outcome, x.tally) FROM counted x WHERE x.rows <> x.tally
  UNION ALL
  SELECT format('%s accounts were matched, %s have an outcome', v.matched, v.done) FROM c,
    LATERAL (SELECT c.matched, (SELECT sum(t.accounts) FROM boon.campaign_tallies t WHERE t.campaign_id = c.id AND NOT t.late) AS done) v
    WHERE c.status IN ('completed', 'ongoing') AND v.matched IS DISTINCT FROM coalesce(v.done, 0)
  UNION ALL
  SELECT format('%s accounts were granted, %s resets were made', v.granted, v.made) FROM c, LATERAL (
    SELECT (SELECT count(*) FROM boon.campaign_accounts o WHERE o.campaign_id = c.id AND o.outcome = 'granted') AS granted,
      (SELECT count(*) FROM boon.resets r WHERE r.program = c.id AND r.source = c.reset_source AND r.reference = 'campaign/' || c.id) AS made) v
    WHERE c.kind = 'grant_reset' AND v.made <> v.granted * c.resets
$$;
