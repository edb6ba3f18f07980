-- Takes the next p_limit accounts of a running campaign, in the order of their ids, in one transaction: so a page is
-- done or not, and the next call goes on behind it. Answers the campaign; one that does not run is left as it is.
CREATE FUNCTION boon.run_campaign_page(p_campaign text, p_limit int, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql
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
    SELECT count(*) INTO c.matched FROM boon.accounts a WHERE a.number <= c.last_account;
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

CREATE FUNCTION boon.tell_of_campaign(c boon.campaigns, p_type text, p_reason text, p_by text, p_at timestamptz) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  VALUES (p_type, c.id, '{}', jsonb_strip_nulls(jsonb_build_object('kind', c.kind, 'status', c.status, 'reason', p_reason, 'by', p_by)), p_at)
$$;

-- Begins to go through the accounts that the ledger knows now. It takes the lock of campaigns alone, so that every account
-- put before is seen by the pages, and every one put after sees the campaign. The order of locks is everywhere: the
-- campaign, then accounts, then this one.
CREATE FUNCTION boon.begin_pass(c boon.campaigns) RETURNS boon.campaigns LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('boon.campaigns'));
  SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO c.last_account FROM boon.accounts_number_seq s;
  c.status := 'running';
  c.cursor := '';
  c.matched := NULL;
  WITH late AS (DELETE FROM boon.campaign_tallies t WHERE t.campaign_id = c.id AND t.late RETURNING *)
  INSERT INTO boon.campaign_tallies AS t SELECT l.campaign_id, false, l.outcome, l.slot, l.accounts FROM late l
  ON CONFLICT (campaign_id, late, outcome, slot) DO UPDATE SET accounts = t.accounts + excluded.accounts;
  RETURN c;
END $$;

CREATE FUNCTION boon.create_campaign(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
BEGIN
  i := 0;
  result := boon.recorded_answer(p ->> 'key', p ->> 'input_hash');
  replayed := result IS NOT NULL;
  IF NOT replayed THEN
    c := boon.begin_pass(jsonb_populate_record(NULL::boon.campaigns, p));
    INSERT INTO boon.campaigns SELECT c.*;
    PERFORM boon.tell_of_campaign(c, 'campaign.created', c.reason, c.created_by, c.created_at);
    result := jsonb_build_object('campaign', boon.campaign_view(c));
    INSERT INTO boon.idempotency_keys VALUES (p ->> 'key', decode(p ->> 'input_hash', 'hex'), result, c.created_at);
  END IF;
  RETURN NEXT;
END $$;

-- Pauses, resumes or cancels. What is so already stays so; one that has ended is refused.
CREATE FUNCTION boon.act_on_campaign(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
  ELSIF c.ended_at IS NOT NULL AND act <> 'cancel' OR was = 'completed' THEN
    result := jsonb_build_object('code', 'campaign_ended', 'detail', format('The campaign is %s: it cannot be changed by %s.', was, act));
  ELSE
    CASE act
      WHEN 'pause' THEN c.status := 'paused';
      WHEN 'cancel' THEN c.status := 'canceled'; c.ended_at := coalesce(c.ended_at, at);
      WHEN 'resume' THEN
        -- Accounts that came while an ongoing one was paused wait for it.
        IF was = 'paused' THEN c.status := 'running'; IF c.ongoing THEN c := boon.begin_pass(c); END IF; END IF;
    END CASE;
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
