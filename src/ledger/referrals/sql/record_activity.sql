-- Takes an array of logins and prompts. Returns only rows that the caller must act on, by its `i`: an account that is not
-- known, a referral that this very event changed, or until when a prompt should have been told. Rows are locked in the order of
-- accounts, then referrals.
CREATE FUNCTION boon_code.record_activity(p_events json) RETURNS TABLE (i int, referral jsonb, told_until timestamptz) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  events boon_code.activity[] := ARRAY(SELECT e FROM json_populate_recordset(NULL::boon_code.activity, p_events) e);
  rest boon_code.activity[] := events;
  accounts text[];
  noted text[];
  e record;
  r boon.referrals;
  told timestamptz;
BEGIN
  LOOP
    accounts := ARRAY(SELECT DISTINCT x.account_id FROM unnest(rest) x);
    EXIT WHEN accounts = '{}';
    -- An account's row is made with its first activity, before any is locked.
    IF (SELECT count(*) FROM boon.account_activity a WHERE a.account_id = ANY (accounts)) < cardinality(accounts) THEN
      INSERT INTO boon.account_activity (account_id) SELECT a.id FROM boon.accounts a WHERE a.id = ANY (accounts) ORDER BY a.id ON CONFLICT DO NOTHING;
      RETURN QUERY SELECT x.i, NULL::jsonb, NULL::timestamptz FROM unnest(rest) x WHERE NOT EXISTS (SELECT FROM boon.accounts a WHERE a.id = x.account_id);
      rest := ARRAY(SELECT x FROM unnest(rest) x WHERE EXISTS (SELECT FROM boon.accounts a WHERE a.id = x.account_id));
    END IF;
    noted := boon_code.note_activity(rest);
    EXIT WHEN cardinality(noted) = cardinality(accounts);
    -- A link that was not used after all may just have taken away the row that it had made.
    rest := ARRAY(SELECT x FROM unnest(rest) x WHERE x.account_id <> ALL (noted));
  END LOOP;

  FOR e IN
    SELECT x.*, y.id AS referral_id FROM unnest(events) x
    CROSS JOIN LATERAL (SELECT z.id FROM boon.referrals z WHERE z.friend_id = x.account_id AND z.status IN ('joined', 'expired')
      AND z.joined_at IS NOT NULL AND x.at < z.expires_at OFFSET 0) y
    ORDER BY y.id, x.i
  LOOP
    SELECT * INTO r FROM boon.referrals x WHERE x.id = e.referral_id AND x.status IN ('joined', 'expired') FOR UPDATE;
    CONTINUE WHEN NOT FOUND OR (e.at >= r.joined_at AND e.kind = 'login');
    i := e.i; referral := NULL; told_until := NULL;
    told := coalesce(e.told_at, e.at);
    IF told >= boon_code.told_until(r) THEN
      CONTINUE WHEN e.kind = 'login' OR e.at < r.joined_at
        OR EXISTS (SELECT FROM boon.referral_prompts p WHERE p.referral_id = r.id AND p.digest = e.digest);
      told_until := boon_code.told_until(r);
      RETURN NEXT;
      CONTINUE;
    END IF;
    IF e.at >= r.joined_at THEN
      r := boon_code.count_prompt(r, e.digest, e.at, e.told_at);
    ELSIF boon_code.was_not_away(r, e.kind, e.at) THEN
      r := boon_code.refuse_active(r);
    ELSE
      CONTINUE;
    END IF;
    IF r.id IS NOT NULL THEN
      referral := boon_code.referral_view(r);
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
