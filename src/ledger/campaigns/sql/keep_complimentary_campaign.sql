-- Makes the campaign of complimentary resets what a policy says: begun once, and gone through again when the plans that take part change.
-- What it grants from now on follows this policy. Answers its id, or null when there is none and none is wanted.
CREATE FUNCTION boon_code.keep_complimentary_campaign(p_id text, p_policy text, p_reason text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
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
    c := boon_code.begin_pass(c);
    INSERT INTO boon.campaigns SELECT c.*;
    PERFORM boon_code.tell_of_campaign(c, 'campaign.created', c.reason, NULL, p_at);
    RETURN p_id;
  END IF;
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p_id FOR UPDATE;
  IF (c.plans, c.policy_version) IS DISTINCT FROM (wanted, p_policy) THEN
    -- Paused or canceled by somebody, it stays so: it will go through everybody when it is resumed.
    again := c.plans <> wanted AND c.status NOT IN ('paused', 'canceled');
    c.plans := wanted;
    c.policy_version := p_policy;
    IF again THEN c := boon_code.begin_pass(c); END IF;
    UPDATE boon.campaigns x SET plans = c.plans, policy_version = c.policy_version, status = c.status, last_account = c.last_account,
      matched = c.matched, cursor = c.cursor WHERE x.id = c.id;
    PERFORM boon_code.tell_of_campaign(c, 'campaign.changed', c.reason, NULL, p_at);
  END IF;
  RETURN p_id;
END $$;
