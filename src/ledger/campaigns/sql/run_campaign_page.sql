-- Takes the next p_limit accounts of a running campaign, in the order of their ids, in one transaction: so a page is done
-- or not, and the next call goes on behind it. Answers the campaign; one that does not run is left as it is.
CREATE FUNCTION boon_code.run_campaign_page(p_campaign text, p_limit int, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  c boon.campaigns;
  page text[];
BEGIN
  SELECT * INTO c FROM boon.campaigns x WHERE x.id = p_campaign FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF c.status <> 'running' THEN
    RETURN boon_code.campaign_view(c);
  END IF;
  IF c.matched IS NULL THEN
    c.matched := boon_code.accounts_of(c);
  END IF;

  SELECT array_agg(a.id) INTO page FROM (
    SELECT x.id FROM boon.accounts x WHERE x.id > c.cursor AND x.number <= c.last_account ORDER BY x.id LIMIT p_limit) a;
  IF page IS NOT NULL THEN
    PERFORM FROM boon.ledger_accounts a WHERE a.id = ANY (page) ORDER BY a.id FOR NO KEY UPDATE;
    PERFORM boon_code.apply_campaign(c, page, p_at);
    c.cursor := page[array_length(page, 1)];
  END IF;
  IF coalesce(array_length(page, 1), 0) < p_limit THEN
    c.status := CASE WHEN c.ongoing THEN 'ongoing' ELSE 'completed' END;
    c.ended_at := CASE WHEN c.ongoing THEN NULL ELSE p_at END;
  END IF;
  UPDATE boon.campaigns x SET matched = c.matched, cursor = c.cursor, status = c.status, ended_at = c.ended_at WHERE x.id = c.id;
  IF c.status <> 'running' THEN
    PERFORM boon_code.tell_of_campaign(c, 'campaign.' || c.status, NULL, NULL, p_at);
  END IF;
  RETURN boon_code.campaign_view(c);
END $$;
