-- Accounts that an ongoing campaign has excluded are judged again: they may be on another plan by now. Answers how many
-- it had counted.
CREATE FUNCTION boon_code.forget_excluded(c boon.campaigns, p_accounts text[]) RETURNS boon.campaign_tallies[] LANGUAGE sql AS $$
  WITH forgotten AS (
    DELETE FROM boon.campaign_accounts o WHERE o.campaign_id = c.id AND o.account_id = ANY (p_accounts) AND o.outcome <> 'granted'
    RETURNING o.outcome, (SELECT a.number > c.last_account FROM boon.accounts a WHERE a.id = o.account_id) AS late
  ), counted AS (SELECT f.late, f.outcome, count(*) AS accounts FROM forgotten f GROUP BY f.late, f.outcome)
  SELECT array_agg((c.id, k.late, k.outcome, 0, k.accounts)::boon.campaign_tallies) FROM counted k
$$;
