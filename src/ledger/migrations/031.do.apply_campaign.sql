-- What a campaign does to accounts, all of them in one statement a table. The caller has locked their ledger accounts,
-- so that nothing else is done to them meanwhile. An account that was excluded before is judged again; one that was
-- granted is left alone.
CREATE FUNCTION boon.apply_campaign(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  forgotten boon.campaign_tallies[] := CASE WHEN c.ongoing THEN boon.forget_excluded(c, p_accounts) END;
  granted text[];
  moved bigint[];
  restored text[];
BEGIN
  WITH judged AS MATERIALIZED (
    SELECT a.id, a.number > c.last_account AS late,
      CASE WHEN v.verdict = 'granted' AND c.kind = 'reset_windows' AND NOT boon.has_used(a.id, p_at) THEN 'nothing_to_reset'
           ELSE v.verdict END AS outcome
    FROM unnest(p_accounts) AS u (id)
    CROSS JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = u.id OFFSET 0) a
    CROSS JOIN LATERAL (SELECT boon.campaign_verdict(c, a, p_at) AS verdict) v
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
    PERFORM boon.return_resets(restored, p_at);
  END IF;
  IF granted IS NULL THEN
    RETURN;
  ELSIF c.kind = 'grant_reset' THEN
    PERFORM boon.bank_resets_of(c, granted, p_at);
  ELSIF c.kind = 'grant_credits' THEN
    PERFORM boon.grant_credits_of(c, granted, moved, p_at);
  ELSE
    PERFORM boon.restore_windows_of(c, granted, p_at);
  END IF;
END $$;

-- Accounts that an ongoing campaign has excluded are judged again: they may be on another plan by now. Answers how many
-- it had counted.
CREATE FUNCTION boon.forget_excluded(c boon.campaigns, p_accounts text[]) RETURNS boon.campaign_tallies[] LANGUAGE sql AS $$
  WITH forgotten AS (
    DELETE FROM boon.campaign_accounts o WHERE o.campaign_id = c.id AND o.account_id = ANY (p_accounts) AND o.outcome <> 'granted'
    RETURNING o.outcome, (SELECT a.number > c.last_account FROM boon.accounts a WHERE a.id = o.account_id) AS late
  ), counted AS (SELECT f.late, f.outcome, count(*) AS accounts FROM forgotten f GROUP BY f.late, f.outcome)
  SELECT array_agg((c.id, k.late, k.outcome, 0, k.accounts)::boon.campaign_tallies) FROM counted k
$$;

CREATE FUNCTION boon.bank_resets_of(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH banked AS MATERIALIZED (
    SELECT u.id AS account_id, nextval('boon.resets_id_seq') AS id, p_at + r.valid_for AS expires_at
    FROM boon.reset_rules r, unnest(p_accounts) AS u (id), generate_series(1, c.resets)
    WHERE r.version = c.policy_version
  ), reset AS (
    INSERT INTO boon.resets (id, account_id, status, source, program, reference, policy_version, granted_at, expires_at)
    OVERRIDING SYSTEM VALUE
    SELECT b.id, b.account_id, 'available', c.reset_source, c.id, 'campaign/' || c.id, c.policy_version, p_at, b.expires_at FROM banked b
  ), movement AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT b.id, b.account_id, 'granted', 'campaign/' || c.id, p_at FROM banked b
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'reset.granted', b.id::text, ARRAY[b.account_id],
    jsonb_build_object('reset_id', b.id::text, 'source', c.reset_source, 'program', c.id, 'expires_at', b.expires_at), p_at
  FROM banked b
$$;

CREATE FUNCTION boon.grant_credits_of(c boon.campaigns, p_accounts text[], p_transfers bigint[], p_at timestamptz) RETURNS void
  LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  expires constant timestamptz := coalesce(c.expires_at, p_at + c.valid_for::interval);
  cause constant text := 'campaign/' || c.id;
BEGIN
  WITH granted AS MATERIALIZED (
    SELECT u.account_id, u.transfer, nextval('boon.lots_id_seq') AS lot, c.amount + a.available AS available
    FROM unnest(p_accounts, p_transfers) AS u (account_id, transfer)
    CROSS JOIN LATERAL (
      SELECT x.credits_posted - x.debits_posted - x.debits_pending AS available
      FROM boon.ledger_accounts x WHERE x.id = u.account_id OFFSET 0) a
  ), total AS (
    UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + c.amount FROM granted g WHERE a.id = g.account_id
  ), transfer AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, reference, effective_at) OVERRIDING SYSTEM VALUE
    SELECT g.transfer, 'posted', 'grant', 'boon:issuance', g.account_id, c.amount, cause, p_at FROM granted g
  ), lot AS (
    INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice) OVERRIDING SYSTEM VALUE
    SELECT g.lot, g.account_id, c.source, c.amount, c.amount, p_at, expires, c.giftable, g.transfer, 1 FROM granted g
  ), entry AS (
    INSERT INTO boon.entries SELECT g.transfer, 1, g.account_id, g.lot, 'grant', c.amount, g.available, cause, p_at FROM granted g
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'credits.granted', g.lot::text, ARRAY[g.account_id],
    jsonb_build_object('id', g.lot::text, 'source', c.source, 'granted', boon.credits(c.amount), 'expires_at', expires,
      'giftable', c.giftable, 'reason', c.reason, 'campaign', c.id), p_at
  FROM granted g;
END $$;

-- Whether an account has used anything of a window that is open.
CREATE FUNCTION boon.has_used(p_account text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM boon.usage_windows w
    WHERE w.account_id = p_account AND w.used > 0 AND w.started_at + boon.window_length(w.kind) > p_at)
$$;

-- Restores the open windows of accounts as a redemption does: the 5-hour window begins anew, the weekly one where the
-- policy moves its date.
CREATE FUNCTION boon.restore_windows_of(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH restored AS (
    UPDATE boon.usage_windows w SET used = 0, restored_by = NULL, since = nextval('boon.usage_seq'),
      started_at = CASE WHEN w.started_at + boon.window_length(w.kind) > p_at AND (w.kind = 'five_hour' OR r.moves_weekly_date)
        THEN p_at ELSE w.started_at END
    FROM unnest(p_accounts) AS u (id), boon.reset_rules r WHERE w.account_id = u.id AND r.version = c.policy_version
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'windows.restored', c.id, ARRAY[u.id], jsonb_build_object('campaign', c.id, 'reason', c.reason), p_at FROM unnest(p_accounts) AS u (id)
$$;
