-- What is told late counts by its own moment, not by when a sweep came by. A link may be told for as long as `use_links` says;
-- a prompt until `told_until`.

-- Only a referral that ran out comes back, and only as one whose friend has qualified: then this is when it was told. It stands
-- beside an invitation that was sent to the same address meanwhile.
ALTER TABLE boon.referrals ADD COLUMN revived_at timestamptz;
-- The digest of a link's token that ran out, to check by when its use is told late.
ALTER TABLE boon.referrals ADD COLUMN late_token_hash bytea;

DROP INDEX boon.one_open_invitation_an_address;
CREATE UNIQUE INDEX one_open_invitation_an_address ON boon.referrals (referrer_id, program, email_index)
  WHERE status IN ('invited', 'joined', 'qualified') AND revived_at IS NULL;
-- For prompts that are told late: an account may have come by several links that ran out.
CREATE INDEX referrals_of_friends ON boon.referrals (friend_id) WHERE friend_id IS NOT NULL;

-- An end counts on its own day; earlier versions noted the sweep's.
UPDATE boon.referrals SET ended_at = expires_at WHERE status = 'expired' AND ended_at <> expires_at;
-- A prompt of a clock that was ahead has qualified nobody before it was told.
UPDATE boon.referrals SET qualified_at = rewarded_at WHERE rewarded_at < qualified_at;

-- Until when what happened before a referral's end may be told.
CREATE FUNCTION boon.told_until(r boon.referrals) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT r.expires_at + u.accept_late_for FROM boon.usage_rules u WHERE u.version = r.policy_version
$$;

-- Ends a referral that ran out, at the moment at which it did. The caller has locked it.
CREATE FUNCTION boon.expire_referral(r boon.referrals) RETURNS boon.referrals LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET late_token_hash = coalesce(r.token_hash, r.late_token_hash), revived_at = NULL WHERE id = r.id RETURNING * INTO r;
  RETURN boon.end_referral(r, 'expired', r.expires_at, CASE WHEN r.joined_at IS NULL THEN 'not_used_in_time' ELSE 'not_qualified_in_time' END,
    CASE WHEN r.joined_at IS NULL THEN 'The link was not used in time.'
         ELSE format('The friend sent %s of %s prompts in time.', r.prompts_seen, r.prompts_required) END, NULL, NULL);
END $$;

-- Ends at most p_limit invitations that ran out, the longest overdue first.
CREATE OR REPLACE FUNCTION boon.expire_referrals(p_at timestamptz, p_limit int) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  r boon.referrals;
BEGIN
  FOR r IN
    SELECT * FROM boon.referrals x WHERE x.deadline <= p_at AND x.status IN ('invited', 'joined') AND NOT boon.is_aside('invitations', x.id, p_at)
    ORDER BY x.deadline, x.id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    RETURN NEXT boon.referral_view(boon.expire_referral(r));
  END LOOP;
END $$;

-- The friend came by another link before this one: takes them away from a referral that has not qualified. The caller has locked it.
CREATE FUNCTION boon.lose_friend(r boon.referrals) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM boon.end_referral(r, 'refused', r.joined_at, 'duplicate_referral', 'The friend came by another invitation before.', NULL, NULL);
END $$;

DROP FUNCTION boon.count_prompt(boon.referrals, bigint, timestamptz);
-- Counts a prompt towards a referral that the caller has locked, if it came after the link and in time. The last one that was
-- missing brings back a referral that ran out meanwhile: who won the friend after it loses them, unless they have qualified there.
-- Nobody has qualified later than it was told. Null when nothing changed.
CREATE FUNCTION boon.count_prompt(r boon.referrals, p_digest bigint, p_at timestamptz, p_told_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql AS $$
DECLARE
  other boon.referrals;
  qualifies boolean := r.prompts_seen + 1 = r.prompts_required;
BEGIN
  IF r.status NOT IN ('joined', 'expired') OR p_at < r.joined_at OR p_at >= r.expires_at THEN RETURN NULL; END IF;
  IF r.status = 'expired' THEN
    SELECT * INTO other FROM boon.referrals x WHERE x.friend_id = r.friend_id AND x.id <> r.id AND (x.status = 'joined' OR x.qualified_at IS NOT NULL) FOR UPDATE;
    IF other.qualified_at IS NOT NULL THEN RETURN NULL; END IF;
  END IF;
  INSERT INTO boon.referral_prompts VALUES (r.id, p_digest, p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF qualifies AND other.id IS NOT NULL THEN PERFORM boon.lose_friend(other); END IF;
  IF NOT qualifies THEN
    UPDATE boon.referrals SET prompts_seen = r.prompts_seen + 1 WHERE id = r.id RETURNING * INTO r;
  ELSE
    UPDATE boon.referrals x SET status = 'qualified', prompts_seen = r.prompts_required,
      qualified_at = (SELECT greatest(r.joined_at, least(max(p.prompted_at), p_told_at)) FROM boon.referral_prompts p WHERE p.referral_id = r.id),
      revived_at = CASE WHEN x.status = 'expired' THEN coalesce(p_told_at, p_at) ELSE x.revived_at END, ended_at = NULL, reason_code = NULL, detail = NULL
      WHERE x.id = r.id RETURNING * INTO r;
    PERFORM boon.emit_referral_event(r, 'referral.qualified', r.qualified_at);
  END IF;
  RETURN r;
END $$;

-- Whether an activity before the link, told after it, shows that the friend was not away.
CREATE FUNCTION boon.was_not_away(r boon.referrals, p_kind boon.activity_kind, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT r.friend_is_new AND p_at < r.joined_at AND (p_kind = 'prompt' OR p_at < r.joined_at - p.login_grace) AND p_at + p.dormancy >= r.joined_at
  FROM boon.rules_of(r) p
$$;

-- Refuses a friend who turned out not to have been away. The caller has locked the referral.
CREATE FUNCTION boon.refuse_active(r boon.referrals) RETURNS boon.referrals LANGUAGE sql AS $$
  SELECT boon.end_referral(r, 'refused', r.joined_at, 'already_active',
    format('It turned out that the friend was active before the link was used; only one who has been away for more than %s counts.',
           boon.duration_text((boon.rules_of(r)).dormancy)), NULL, NULL)
$$;

-- When it was told: events of earlier versions did not say, and were told at once.
ALTER TYPE boon.activity ADD ATTRIBUTE told_at timestamptz;

DROP FUNCTION boon.record_activity(json);
-- Takes an array of logins and prompts. Answers only what somebody must hear of, by its `i`: an account that is not
-- known, a referral that this very event changed, or until when a prompt should have been told. Rows are locked in the order of
-- accounts, then referrals.
CREATE FUNCTION boon.record_activity(p_events json) RETURNS TABLE (i int, referral jsonb, told_until timestamptz) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  events boon.activity[] := ARRAY(SELECT e FROM json_populate_recordset(NULL::boon.activity, p_events) e);
  rest boon.activity[] := events;
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
    noted := boon.note_activity(rest);
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
    IF told >= boon.told_until(r) THEN
      CONTINUE WHEN e.kind = 'login' OR e.at < r.joined_at
        OR EXISTS (SELECT FROM boon.referral_prompts p WHERE p.referral_id = r.id AND p.digest = e.digest);
      told_until := boon.told_until(r);
      RETURN NEXT;
      CONTINUE;
    END IF;
    IF e.at >= r.joined_at THEN
      r := boon.count_prompt(r, e.digest, e.at, e.told_at);
    ELSIF boon.was_not_away(r, e.kind, e.at) THEN
      r := boon.refuse_active(r);
    ELSE
      CONTINUE;
    END IF;
    IF r.id IS NOT NULL THEN
      referral := boon.referral_view(r);
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;

-- A link used at p_link_at comes before others of its friend's that have not qualified: they lose the friend.
CREATE FUNCTION boon.take_friend(r boon.referrals, p_friend text, p_link_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  x boon.referrals;
BEGIN
  FOR x IN SELECT * FROM boon.referrals y WHERE y.friend_id = p_friend AND y.id <> r.id AND y.status IN ('joined', 'expired')
    AND y.joined_at > p_link_at ORDER BY y.id FOR UPDATE
  LOOP
    PERFORM boon.lose_friend(x);
  END LOOP;
END $$;

-- One link, used by an account. The caller has locked the referral, both accounts and the friend's activity.
CREATE OR REPLACE FUNCTION boon.use_link(r boon.referrals, friend boon.accounts, p_link_at timestamptz, p_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon.rules_of(r);
  referrer boon.accounts;
  activity boon.account_activity;
  refused record;
  is_new boolean;
  last_active timestamptz;
  counted boon.referrals;
  told record;
  x boon.referrals;
BEGIN
  IF r.expires_at <= p_link_at THEN RETURN boon.expire_referral(r); END IF;
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT activity FROM boon.account_activity b WHERE b.account_id = friend.id;
  is_new := friend.created_at >= least(r.invited_at, p_link_at - rules.login_grace);
  last_active := boon.last_activity_before(friend, activity, p_link_at, rules.login_grace);
  -- A referral of the friend's that had run out by then holds nobody, whether or not a sweep has come by.
  FOR x IN SELECT * FROM boon.referrals y WHERE y.friend_id = friend.id AND y.id <> r.id AND y.status = 'joined' AND y.expires_at <= p_link_at FOR UPDATE LOOP
    PERFORM boon.expire_referral(x);
  END LOOP;
  -- One whose link was used later loses the friend, unless this link is refused for something else.
  BEGIN
    PERFORM boon.take_friend(r, friend.id, p_link_at);
    refused := boon.link_refused(r, rules, referrer, friend, p_link_at, is_new, last_active);
    IF refused.code IS NULL AND EXISTS (
        -- One that has ended since had the friend when this link was used.
        SELECT FROM boon.referrals y WHERE y.friend_id = friend.id AND y.id <> r.id AND y.status IN ('expired', 'canceled')
          AND y.joined_at <= p_link_at AND y.ended_at > p_link_at) THEN
      SELECT 'duplicate_referral' AS code, 'The friend came by another invitation before.' AS words INTO refused;
    END IF;
    IF refused.code IS NOT NULL THEN RAISE EXCEPTION 'the link is refused' USING ERRCODE = 'BN001'; END IF;
  EXCEPTION WHEN SQLSTATE 'BN001' THEN NULL; -- Nobody has lost the friend.
  END;
  IF refused.code IS NOT NULL THEN
    UPDATE boon.referrals SET link_used_at = p_link_at, friend_id = nullif(friend.id, r.referrer_id), friend_is_new = is_new, late_token_hash = NULL
      WHERE id = r.id RETURNING * INTO r;
    RETURN boon.end_referral(r, 'refused', p_link_at, refused.code, refused.words, NULL, NULL);
  END IF;
  -- One that has run out since is joined for so long as it takes to count its prompts.
  UPDATE boon.referrals SET status = 'joined', friend_id = friend.id, friend_is_new = is_new, link_used_at = p_link_at, joined_at = p_link_at,
    token_hash = NULL, token_sealed = NULL, late_token_hash = NULL, ended_at = NULL, reason_code = NULL, detail = NULL,
    revived_at = CASE WHEN r.status = 'expired' THEN p_at END WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.joined', p_link_at);
  -- Prompts after the link that were told before it, some of them to a referral that has lost the friend.
  FOR told IN
    SELECT y.digest, min(y.at) AS at FROM (
      SELECT * FROM unnest(activity.prompts, activity.prompted_at)
      UNION ALL
      SELECT p.digest, p.prompted_at FROM boon.referrals z JOIN boon.referral_prompts p ON p.referral_id = z.id
      WHERE z.friend_id = friend.id AND z.id <> r.id AND z.joined_at > p_link_at) y (digest, at)
    WHERE y.at >= p_link_at GROUP BY y.digest ORDER BY 2, 1
  LOOP
    counted := boon.count_prompt(r, told.digest, told.at, p_at);
    IF counted.id IS NOT NULL THEN r := counted; END IF;
  END LOOP;
  IF r.status = 'joined' AND r.expires_at <= p_at THEN r := boon.expire_referral(r); END IF;
  RETURN r;
END $$;

-- Takes an array of uses; answers each by its `i`: {referral} or {code, detail}. A friend who uses their link again gets
-- the referral as it stands; anybody else finds it used. Rows are locked in the order of record_activity: activity by
-- account, then referrals.
CREATE OR REPLACE FUNCTION boon.use_links(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon.link_use[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon.link_use, p_requests) q);
  q boon.link_use;
  r boon.referrals;
  friend boon.accounts;
  never_active text[];
  told_within interval;
  told_within_text text;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT x.account_id FROM unnest(requests) x
    UNION SELECT y.referrer_id FROM unnest(requests) x JOIN boon.referrals y ON y.id = x.referral_id) ORDER BY a.id FOR UPDATE;
  -- Activity that is recorded at this moment waits for these locks and then finds the friend joined, or is seen here.
  WITH made AS (
    INSERT INTO boon.account_activity (account_id) SELECT a.id FROM boon.accounts a WHERE a.id IN (SELECT x.account_id FROM unnest(requests) x)
    ORDER BY a.id ON CONFLICT DO NOTHING RETURNING account_id)
  SELECT array_agg(m.account_id) INTO never_active FROM made m;
  PERFORM FROM boon.account_activity b WHERE b.account_id IN (SELECT x.account_id FROM unnest(requests) x) ORDER BY b.account_id FOR UPDATE;
  -- With those that may lose their friend.
  PERFORM FROM boon.referrals x WHERE x.id IN (
    SELECT y.referral_id FROM unnest(requests) y
    UNION SELECT z.id FROM unnest(requests) y JOIN boon.referrals z ON z.friend_id = y.account_id AND z.status IN ('joined', 'expired'))
    ORDER BY x.id FOR UPDATE;
  FOR q IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO r FROM boon.referrals x WHERE x.id = q.referral_id;
    SELECT * INTO friend FROM boon.accounts x WHERE x.id = q.account_id;
    IF r.id IS NULL OR friend.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', CASE WHEN r.id IS NULL THEN format('There is no referral "%s".', q.referral_id)
                                                                        ELSE format('There is no account "%s".', q.account_id) END);
      RETURN NEXT; CONTINUE;
    END IF;
    -- Logins from the beginning of the grace until now, by clocks that may be minutes ahead, must fall into one session
    -- of a day: a second one would have hidden the last login before the link.
    told_within := interval '23 hours' - (boon.rules_of(r)).login_grace;
    told_within_text := trim_scale(round(extract(epoch FROM told_within) / 3600, 2)) || ' hours';
    IF q.used_at > q.at OR q.used_at < greatest(r.invited_at, q.at - told_within) THEN
      result := jsonb_build_object('code', 'validation_failed',
        'detail', format('The link was not used since the invitation and within the last %s.', told_within_text),
        'errors', jsonb_build_array(jsonb_build_object('path', 'used_at', 'message',
          format('must lie between the invitation and now, and in the last %s', told_within_text))));
      RETURN NEXT; CONTINUE;
    END IF;
    IF r.friend_id = q.account_id OR (r.referrer_id = q.account_id AND r.link_used_at IS NOT NULL AND r.friend_id IS NULL) THEN
      result := jsonb_build_object('referral', boon.referral_view(r));
    ELSIF r.status = 'expired' AND (r.link_used_at IS NOT NULL OR coalesce(q.used_at, q.at) >= r.expires_at) THEN
      result := jsonb_build_object('code', 'claim_expired', 'detail', 'The invitation has expired.');
    ELSIF r.status NOT IN ('invited', 'expired') THEN
      result := jsonb_build_object('code', 'claim_invalid', 'detail', CASE r.status WHEN 'canceled' THEN 'The invitation was taken back.'
                                                                                    ELSE 'The link has been used.' END);
    ELSIF decode(q.token_hash, 'hex') IS NOT NULL AND decode(q.token_hash, 'hex') IS DISTINCT FROM coalesce(r.token_hash, r.late_token_hash) THEN
      result := jsonb_build_object('code', 'claim_invalid', 'detail', 'The link is not valid.');
    ELSE
      r := boon.use_link(r, friend, coalesce(q.used_at, q.at), q.at);
      result := jsonb_build_object('referral', boon.referral_view(r));
    END IF;
    INSERT INTO boon.idempotency_keys VALUES (q.key, decode(q.input_hash, 'hex'), result, q.at);
    RETURN NEXT;
  END LOOP;
  -- A call that was refused leaves nothing behind.
  DELETE FROM boon.account_activity b WHERE b.account_id = ANY (never_active)
    AND NOT EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = b.account_id AND x.joined_at IS NOT NULL);
END $$;
