-- A campaign that is asked for twice at the same moment, under one key and id, is made once: the second waits for the
-- first, and hears its answer.
CREATE FUNCTION boon_code.create_campaign(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
BEGIN
  i := 0;
  PERFORM pg_advisory_xact_lock(hashtextextended(p ->> 'key', 0));
  result := boon_code.recorded_answer(p ->> 'key', p ->> 'input_hash');
  replayed := result IS NOT NULL;
  IF NOT replayed THEN
    c := boon_code.begin_pass(jsonb_populate_record(NULL::boon.campaigns, p));
    INSERT INTO boon.campaigns SELECT c.*;
    PERFORM boon_code.tell_of_campaign(c, 'campaign.created', c.reason, c.created_by, c.created_at);
    result := jsonb_build_object('campaign', boon_code.campaign_view(c));
    PERFORM boon_code.keep_answer(p ->> 'key', p ->> 'input_hash', result, c.created_at);
  END IF;
  RETURN NEXT;
END $$;
