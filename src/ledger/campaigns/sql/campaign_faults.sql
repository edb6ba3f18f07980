-- Where the account of a finished campaign does not add up: one text a fault.
CREATE FUNCTION boon_code.campaign_faults(p_campaign text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
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
