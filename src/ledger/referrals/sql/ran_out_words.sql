CREATE FUNCTION boon_code.ran_out_words(r boon.referrals) RETURNS text LANGUAGE sql STABLE
  RETURN CASE WHEN (r).joined_at IS NULL THEN 'The link was not used in time.'
              ELSE format('The friend sent %s of %s prompts in time.', (r).prompts_seen, (r).prompts_required) END;
