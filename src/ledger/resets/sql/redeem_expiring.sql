-- Redeems at most p_limit of them; of those of one account that are at their last moment only one: after it nothing is used.
-- Returns how many, and where the next page begins, or null at the end.
CREATE FUNCTION boon_code.redeem_expiring(p_policy text, p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int,
  OUT redeemed bigint, OUT next_expiry timestamptz, OUT next_reset bigint) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  resets bigint[];
  requests json;
  was_late bigint[];
  r boon.resets;
  in_time bigint;
BEGIN
  SELECT array_agg(d.reset_id), array_agg(d.reset_id ORDER BY d.n) FILTER (WHERE d.late),
    json_agg(json_build_object('i', d.n, 'account_id', d.account_id, 'request_id', 'boon:last-moment/' || d.reset_id,
      'reset_id', d.reset_id, 'at', p_at, 'dry_run', false)) FILTER (WHERE NOT d.late),
    max(d.expires_at) FILTER (WHERE d.n = p_limit), max(d.reset_id) FILTER (WHERE d.n = p_limit) INTO resets, was_late, requests, next_expiry, next_reset
  FROM boon_code.resets_at_last_moment(p_policy, p_at, p_expiry, p_reset, p_limit) WITH ORDINALITY d (reset_id, account_id, expires_at, late, n);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT x.account_id FROM boon.resets x WHERE x.id = ANY (resets)) ORDER BY a.id FOR UPDATE;
  redeemed := 0;
  -- One after the other: what the one restores, the next finds restored.
  FOR r IN SELECT x.* FROM boon.resets x WHERE x.id = ANY (was_late) ORDER BY x.expires_at, x.id LOOP
    CONTINUE WHEN r.status <> 'available' OR NOT boon_code.was_to_be_redeemed(r, p_policy);
    PERFORM boon_code.redeem_as_of_last_moment(r, p_policy);
    redeemed := redeemed + 1;
  END LOOP;
  SELECT count(*) INTO in_time FROM boon_code.redeem_resets(p_policy, coalesce(requests, '[]')) x WHERE x.outcome = 'reset' AND x.refused IS NULL;
  redeemed := redeemed + in_time;
END $$;
