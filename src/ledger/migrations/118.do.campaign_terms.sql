-- Campaigns: how many accounts one that was stopped before its first page covers, under which policy the complimentary reset is given,
-- and for how long what a campaign grants is valid.

-- How many accounts the pass of a campaign covers.
CREATE FUNCTION boon.accounts_of(c boon.campaigns) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM boon.accounts a WHERE a.number <= (c).last_account
$$;

UPDATE boon.campaigns c SET matched = boon.accounts_of(c) WHERE c.matched IS NULL AND c.status <> 'running';
ALTER TABLE boon.campaigns ADD CONSTRAINT stopped_is_counted CHECK (matched IS NOT NULL OR status = 'running');

-- Of earlier versions. One whose credits would be valid for no time at all is canceled; for longer than a hundred years, which no page could
-- write, is for those.
DO $$
DECLARE
  c boon.campaigns;
BEGIN
  FOR c IN SELECT * FROM boon.campaigns x WHERE x.status <> 'completed' AND x.valid_for::interval <= interval '0' LOOP
    UPDATE boon.campaigns x SET status = 'canceled', ended_at = coalesce(x.ended_at, x.created_at), valid_for = 'PT1S',
      matched = coalesce(x.matched, boon.accounts_of(c)) WHERE x.id = c.id;
    CONTINUE WHEN c.status = 'canceled';
    c.status := 'canceled';
    PERFORM boon.tell_of_campaign(c, 'campaign.canceled', 'Its credits would be valid for no time at all.', NULL, c.created_at);
  END LOOP;
END $$;
UPDATE boon.campaigns c SET valid_for = 'P100Y' WHERE c.status <> 'completed' AND c.valid_for::interval > interval '110 years';
-- As PostgreSQL compares them a year has 360 days: a hundred years that are told in days are somewhat longer.
ALTER TABLE boon.campaigns ADD CONSTRAINT valid_for_some_time CHECK (valid_for IS NULL OR valid_for::interval > interval '0' AND valid_for::interval <= interval '110 years') NOT VALID;
UPDATE boon.lots l SET expires_at = l.granted_at + interval '100 years' WHERE l.expires_at >= timestamptz '9999-01-01 00:00+00';
UPDATE boon.resets r SET expires_at = r.granted_at + interval '100 years' WHERE r.expires_at >= timestamptz '9999-01-01 00:00+00';

-- As in 032.
CREATE OR REPLACE FUNCTION boon.run_campaign_page(p_campaign text, p_limit int, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  c boon.campaigns;
  page text[];
BEGIN
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p_campaign FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF c.status <> 'running' THEN
    RETURN boon.campaign_view(c);
  END IF;
  IF c.matched IS NULL THEN
    c.matched := boon.accounts_of(c);
  END IF;

  SELECT array_agg(a.id) INTO page FROM (
    SELECT x.id FROM boon.accounts x WHERE x.id > c.cursor AND x.number <= c.last_account ORDER BY x.id LIMIT p_limit) a;
  IF page IS NOT NULL THEN
    PERFORM FROM boon.ledger_accounts a WHERE a.id = ANY (page) ORDER BY a.id FOR NO KEY UPDATE;
    PERFORM boon.apply_campaign(c, page, p_at);
    c.cursor := page[array_length(page, 1)];
  END IF;
  IF coalesce(array_length(page, 1), 0) < p_limit THEN
    c.status := CASE WHEN c.ongoing THEN 'ongoing' ELSE 'completed' END;
    c.ended_at := CASE WHEN c.ongoing THEN NULL ELSE p_at END;
  END IF;
  UPDATE boon.campaigns x SET matched = c.matched, cursor = c.cursor, status = c.status, ended_at = c.ended_at WHERE x.id = c.id;
  IF c.status <> 'running' THEN
    PERFORM boon.tell_of_campaign(c, 'campaign.' || c.status, NULL, NULL, p_at);
  END IF;
  RETURN boon.campaign_view(c);
END $$;

-- Pauses, resumes or cancels. What is so already stays so; one that has completed is refused. A cancellation is no end for
-- ever: the campaign may have been canceled by mistake, and goes on behind its last page when it is resumed. One that is stopped
-- before its first page is counted now.
CREATE OR REPLACE FUNCTION boon.act_on_campaign(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
  act constant text := p ->> 'action';
  at constant timestamptz := p ->> 'at';
  was boon.campaign_status;
BEGIN
  i := 0;
  result := boon.recorded_answer(p ->> 'key', p ->> 'input_hash');
  replayed := result IS NOT NULL;
  IF replayed THEN
    RETURN NEXT; RETURN;
  END IF;
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p ->> 'campaign_id' FOR UPDATE;
  was := c.status;
  IF NOT FOUND THEN
    result := jsonb_build_object('code', 'not_found', 'detail', format('There is no campaign "%s".', p ->> 'campaign_id'));
    RETURN NEXT; RETURN;
  ELSIF was = 'completed' OR was = 'canceled' AND act = 'pause' THEN
    result := jsonb_build_object('code', 'campaign_ended', 'detail', format('The campaign is %s: it cannot be changed by %s.', was, act));
  ELSE
    CASE act
      WHEN 'pause' THEN c.status := 'paused';
      WHEN 'cancel' THEN c.status := 'canceled'; c.ended_at := coalesce(c.ended_at, at);
      WHEN 'resume' THEN
        -- Accounts that came while an ongoing one was paused, or canceled, wait for it.
        IF was IN ('paused', 'canceled') THEN
          c.status := 'running';
          c.ended_at := NULL;
          IF c.ongoing THEN c := boon.begin_pass(c); END IF;
        END IF;
    END CASE;
    IF c.matched IS NULL AND c.status IN ('paused', 'canceled') THEN c.matched := boon.accounts_of(c); END IF;
    IF c.status <> was THEN
      UPDATE boon.campaigns x SET status = c.status, ended_at = c.ended_at, last_account = c.last_account, matched = c.matched, cursor = c.cursor
        WHERE x.id = c.id;
      PERFORM boon.tell_of_campaign(c, 'campaign.' || act || CASE act WHEN 'cancel' THEN 'ed' ELSE 'd' END, p ->> 'reason', p ->> 'by', at);
    END IF;
    result := jsonb_build_object('campaign', boon.campaign_view(c));
  END IF;
  INSERT INTO boon.idempotency_keys VALUES (p ->> 'key', decode(p ->> 'input_hash', 'hex'), result, at);
  RETURN NEXT;
END $$;

-- Makes the campaign of complimentary resets what a policy says: begun once, and gone through again when the plans that take part change.
-- What it grants from now on follows this policy. Answers its id, or null when there is none and none is wanted.
CREATE OR REPLACE FUNCTION boon.keep_complimentary_campaign(p_id text, p_policy text, p_reason text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
  again boolean;
  wanted constant text[] := (SELECT ARRAY(SELECT unnest(r.complimentary_plans) ORDER BY 1) FROM boon.reset_rules r WHERE r.version = p_policy);
BEGIN
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p_id;
  IF FOUND AND c.plans = wanted AND c.policy_version = p_policy THEN RETURN p_id; END IF;
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
  IF (c.plans, c.policy_version) IS DISTINCT FROM (wanted, p_policy) THEN
    -- Paused or canceled by somebody, it stays so: it will go through everybody when it is resumed.
    again := c.plans <> wanted AND c.status NOT IN ('paused', 'canceled');
    c.plans := wanted;
    c.policy_version := p_policy;
    IF again THEN c := boon.begin_pass(c); END IF;
    UPDATE boon.campaigns x SET plans = c.plans, policy_version = c.policy_version, status = c.status, last_account = c.last_account,
      matched = c.matched, cursor = c.cursor WHERE x.id = c.id;
    PERFORM boon.tell_of_campaign(c, 'campaign.changed', c.reason, NULL, p_at);
  END IF;
  RETURN p_id;
END $$;

-- As in 066. A window that another clock opened a moment later is not moved back before it opened.
CREATE OR REPLACE FUNCTION boon.restore_windows_of(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (
    INSERT INTO boon.past_windows SELECT (boon.past_window(w, p_at)).* FROM unnest(p_accounts) AS u (id) JOIN boon.usage_windows w ON w.account_id = u.id
  ), restored AS (
    UPDATE boon.usage_windows w SET used = 0, restored_by = NULL, since = nextval('boon.usage_seq'), counts_from = greatest(p_at, boon.counts_from(w)),
      started_at = CASE WHEN w.started_at + boon.window_length(w.kind) > p_at AND (w.kind = 'five_hour' OR r.moves_weekly_date)
        THEN greatest(p_at, w.started_at) ELSE w.started_at END
    FROM unnest(p_accounts) AS u (id), boon.reset_rules r WHERE w.account_id = u.id AND r.version = c.policy_version
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'windows.restored', c.id, ARRAY[u.id], jsonb_build_object('campaign', c.id, 'reason', c.reason), p_at FROM unnest(p_accounts) AS u (id)
$$;
