-- Campaigns: one thing done to many accounts, each of them granted or excluded with a reason.
CREATE TYPE boon.campaign_kind AS ENUM ('grant_reset', 'grant_credits', 'reset_windows');
-- `ongoing` has gone through everybody and covers accounts that come, or become eligible, later.
CREATE TYPE boon.campaign_status AS ENUM ('running', 'paused', 'ongoing', 'completed', 'canceled');
-- What became of an account: granted, or why not.
CREATE TYPE boon.campaign_outcome AS ENUM (
  'granted', 'closed', 'frozen', 'organisation', 'plan', 'cohort', 'nothing_to_reset', 'too_late');

-- A campaign covers the accounts numbered up to `last_account`: those that the ledger knew when it began.
CREATE TABLE boon.campaigns (
  id text COLLATE "C" PRIMARY KEY,
  kind boon.campaign_kind NOT NULL,
  status boon.campaign_status NOT NULL,
  -- Whose accounts; null is everybody.
  plans text[],
  cohorts text[],
  -- grant_reset: how many each, and under which source.
  resets int,
  reset_source boon.reset_source,
  -- grant_credits: micro-credits each.
  amount bigint,
  source boon.lot_source,
  expires_at timestamptz,
  -- ISO 8601, from the moment of each grant.
  valid_for text,
  giftable boolean,
  -- Whether it goes on for accounts that come, or become eligible, later.
  ongoing boolean NOT NULL,
  reason text NOT NULL,
  created_by text,
  policy_version text NOT NULL REFERENCES boon.policies,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  last_account bigint NOT NULL,
  -- How many accounts that is; null until the first page has counted them.
  matched bigint,
  -- The last account that a page has done.
  cursor text COLLATE "C" NOT NULL DEFAULT '',
  CONSTRAINT campaign_is_sound CHECK (
    (kind = 'grant_reset') = (resets IS NOT NULL) AND (kind = 'grant_reset') = (reset_source IS NOT NULL)
    AND (kind = 'grant_credits') = (amount IS NOT NULL) AND (kind = 'grant_credits') = (source IS NOT NULL)
    AND (kind = 'grant_credits') = (giftable IS NOT NULL) AND coalesce(resets, 1) > 0 AND coalesce(amount, 1) > 0
    AND (status IN ('completed', 'canceled')) = (ended_at IS NOT NULL)
    AND NOT (ongoing AND kind = 'reset_windows') AND (ongoing OR status <> 'ongoing'))
) WITH (fillfactor = 50);
CREATE INDEX campaigns_open ON boon.campaigns (id) WHERE status NOT IN ('completed', 'canceled');
CREATE INDEX campaigns_by_time ON boon.campaigns (created_at, id);

-- One row an account that a campaign has come to: so it is granted once, and can ask why it was not.
CREATE TABLE boon.campaign_accounts (
  campaign_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  outcome boon.campaign_outcome NOT NULL,
  -- The transfer of granted credits.
  transfer bigint,
  effective_at timestamptz NOT NULL,
  PRIMARY KEY (campaign_id, account_id)
);

-- How many of them there are, in slots, so that accounts that are put at once do not wait for each other. `late`
-- accounts are those beyond `last_account`, whom an ongoing campaign covered as they came.
CREATE TABLE boon.campaign_tallies (
  campaign_id text COLLATE "C" NOT NULL,
  late boolean NOT NULL,
  outcome boon.campaign_outcome NOT NULL,
  slot smallint NOT NULL,
  accounts bigint NOT NULL,
  PRIMARY KEY (campaign_id, late, outcome, slot)
) WITH (fillfactor = 50);

CREATE FUNCTION boon.campaign_view(c boon.campaigns) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH tally AS (
    SELECT t.outcome, sum(t.accounts)::bigint AS accounts, coalesce(sum(t.accounts) FILTER (WHERE t.late), 0)::bigint AS late
    FROM boon.campaign_tallies t WHERE t.campaign_id = c.id GROUP BY t.outcome
  ), total AS (SELECT coalesce(sum(accounts), 0)::bigint AS accounts, coalesce(sum(late), 0)::bigint AS late FROM tally)
  SELECT jsonb_build_object('id', c.id, 'kind', c.kind, 'status', c.status,
    'filter', jsonb_strip_nulls(jsonb_build_object('plans', to_jsonb(c.plans), 'cohorts', to_jsonb(c.cohorts))),
    'resets', c.resets, 'amount', boon.credits(c.amount), 'source', c.source, 'expires_at', c.expires_at,
    'valid_for', c.valid_for, 'giftable', c.giftable, 'ongoing', c.ongoing, 'reason', c.reason, 'created_by', c.created_by,
    'policy_version', c.policy_version, 'created_at', c.created_at, 'ended_at', c.ended_at,
    'matched', c.matched + total.late,
    'granted', coalesce((SELECT accounts FROM tally WHERE outcome = 'granted'), 0),
    'excluded', coalesce((SELECT jsonb_object_agg(outcome, accounts ORDER BY outcome) FROM tally WHERE outcome <> 'granted' AND accounts <> 0), '{}'),
    'remaining', c.matched - (total.accounts - total.late))
  FROM total
$$;

-- What a campaign says of an account, but for what the account has used: the first reason that applies.
CREATE FUNCTION boon.campaign_verdict(c boon.campaigns, a boon.accounts, p_at timestamptz) RETURNS boon.campaign_outcome
  LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN a.status = 'closed' THEN 'closed'
    WHEN a.status = 'frozen' THEN 'frozen'
    -- Windows are a person's; an organisation has credits only.
    WHEN a.kind = 'organisation' AND c.kind <> 'grant_credits' THEN 'organisation'
    WHEN a.plan <> ALL (c.plans) THEN 'plan'
    WHEN NOT a.cohorts && c.cohorts THEN 'cohort'
    WHEN c.expires_at <= p_at THEN 'too_late'
    ELSE 'granted' END::boon.campaign_outcome
$$;
