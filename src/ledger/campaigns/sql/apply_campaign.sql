-- What a campaign does to accounts, all of them in one statement a table. The caller has locked their ledger accounts, so
-- that nothing else is done to them meanwhile. An account that was excluded before is judged again; one that was granted is
-- left alone, and one that is full is left out.
CREATE FUNCTION boon_code.apply_campaign(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  forgotten boon.campaign_tallies[] := CASE WHEN c.ongoing THEN boon_code.forget_excluded(c, p_accounts) END;
  granted text[];
  moved bigint[];
  restored text[];
BEGIN
  WITH judged AS MATERIALIZED (
    SELECT a.id, a.number > c.last_account AS late,
      CASE WHEN v.verdict = 'granted' AND c.kind = 'reset_windows' AND NOT boon_code.has_used(a.id, p_at) THEN 'nothing_to_reset'
           WHEN v.verdict = 'granted' AND c.kind = 'grant_credits' AND c.amount > boon_code.room_of(a.id) THEN 'full'
           ELSE v.verdict END AS outcome
    FROM unnest(p_accounts) AS u (id)
    CROSS JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = u.id OFFSET 0) a
    CROSS JOIN LATERAL (SELECT boon_code.campaign_verdict(c, a, p_at) AS verdict) v
    WHERE NOT EXISTS (SELECT FROM boon.campaign_accounts o WHERE o.campaign_id = c.id AND o.account_id = u.id OFFSET 0)
  ), done AS MATERIALIZED (
    SELECT j.*, CASE WHEN j.outcome = 'granted' AND c.kind = 'grant_credits' THEN nextval('boon.transfers_seq_seq') END AS transfer FROM judged j
  ), written AS (
    INSERT INTO boon.campaign_accounts SELECT c.id, x.id, x.outcome, x.transfer, p_at FROM done x
  ), counted AS (
    -- All in one statement and one order, so that accounts that are put side by side do not wait for each other crosswise.
    INSERT INTO boon.campaign_tallies AS t
    SELECT c.id, x.late, x.outcome, pg_backend_pid() % 16, sum(x.accounts)
    FROM (SELECT d.late, d.outcome, 1 AS accounts FROM done d UNION ALL SELECT f.late, f.outcome, -f.accounts FROM unnest(forgotten) f) x
    GROUP BY x.late, x.outcome HAVING sum(x.accounts) <> 0 ORDER BY x.late, x.outcome
    ON CONFLICT (campaign_id, late, outcome, slot) DO UPDATE SET accounts = t.accounts + excluded.accounts
  )
  SELECT array_agg(x.id) FILTER (WHERE x.outcome = 'granted'), array_agg(x.transfer) FILTER (WHERE x.outcome = 'granted'),
    array_agg(x.id) FILTER (WHERE x.outcome IN ('granted', 'nothing_to_reset')) INTO granted, moved, restored
  FROM done x;

  -- What was redeemed shortly before is of no use now, also where nothing was used since.
  IF c.kind = 'reset_windows' AND restored IS NOT NULL THEN
    PERFORM boon_code.return_resets(restored, p_at);
  END IF;
  IF granted IS NULL THEN
    RETURN;
  ELSIF c.kind = 'grant_reset' THEN
    PERFORM boon_code.bank_resets_of(c, granted, p_at);
  ELSIF c.kind = 'grant_credits' THEN
    PERFORM boon_code.grant_credits_of(c, granted, moved, p_at);
  ELSE
    PERFORM boon_code.restore_windows_of(c, granted, p_at);
  END IF;
END $$;
