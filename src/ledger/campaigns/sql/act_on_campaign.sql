-- Pauses, resumes or cancels. What is so already stays so; one that has completed is refused. A cancellation is no end for
-- ever: the campaign may have been canceled by mistake, and goes on behind its last page when it is resumed. One that is stopped
-- before its first page is counted now.
CREATE FUNCTION boon_code.act_on_campaign(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
  act constant text := p ->> 'action';
  at constant timestamptz := p ->> 'at';
  was boon.campaign_status;
BEGIN
  i := 0;
  result := boon_code.recorded_answer(p ->> 'key', p ->> 'input_hash');
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
          IF c.ongoing THEN c := boon_code.begin_pass(c); END IF;
        END IF;
    END CASE;
    IF c.matched IS NULL AND c.status IN ('paused', 'canceled') THEN c.matched := boon_code.accounts_of(c); END IF;
    IF c.status <> was THEN
      UPDATE boon.campaigns x SET status = c.status, ended_at = c.ended_at, last_account = c.last_account, matched = c.matched, cursor = c.cursor
        WHERE x.id = c.id;
      PERFORM boon_code.tell_of_campaign(c, 'campaign.' || act || CASE act WHEN 'cancel' THEN 'ed' ELSE 'd' END, p ->> 'reason', p ->> 'by', at);
    END IF;
    result := jsonb_build_object('campaign', boon_code.campaign_view(c));
  END IF;
  PERFORM boon_code.keep_answer(p ->> 'key', p ->> 'input_hash', result, at);
  RETURN NEXT;
END $$;
