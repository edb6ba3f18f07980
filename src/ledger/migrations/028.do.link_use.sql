-- A friend comes by a link: joined, or refused with a reason.
CREATE TYPE boon.link_use AS (
  i int, key text, input_hash text, at timestamptz, used_at timestamptz, referral_id text, account_id text, token_hash text
);

-- Why a friend does not count, as (code, words); null when they do. What concerns the referrer's plan and cohort was judged
-- when the invitation was sent, and an account that was frozen since is judged when the reward is due.
CREATE FUNCTION boon.link_refused(
  r boon.referrals, rules boon.program_rules, referrer boon.accounts, friend boon.accounts, p_link_at timestamptz,
  p_is_new boolean, p_last_active_at timestamptz, OUT code text, OUT words text
) LANGUAGE plpgsql STABLE AS $$
DECLARE
  shared text[] := ARRAY(SELECT unnest(referrer.fingerprints) INTERSECT SELECT unnest(friend.fingerprints));
BEGIN
  IF rules.closes_at <= p_link_at THEN
    code := 'program_closed'; words := format('The program closed at %s, before the link was used.', boon.instant_text(rules.closes_at));
  ELSIF friend.id = referrer.id OR friend.email_index = referrer.email_index THEN
    code := 'self_referral'; words := 'The link was used by the referrer.';
  ELSIF friend.status <> 'active' THEN
    code := 'account_frozen'; words := 'The friend''s account is not active.';
  ELSIF EXISTS (SELECT FROM unnest(shared) f WHERE f NOT LIKE 'card:%') THEN
    code := 'same_device'; words := 'Referrer and friend use the same device.';
  ELSIF shared <> '{}' THEN
    code := 'same_card'; words := 'Referrer and friend pay with the same card.';
  ELSIF friend.email_disposable THEN
    code := 'disposable_address'; words := 'The friend''s account has a throw-away address.';
  ELSIF EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = friend.id AND (x.status = 'joined' OR x.qualified_at IS NOT NULL)) THEN
    code := 'duplicate_referral'; words := 'The friend came by another invitation before.';
  ELSIF NOT p_is_new AND p_last_active_at + rules.dormancy >= p_link_at THEN
    code := 'already_active';
    -- Not when: that is the friend's own business, and these words are for the referrer.
    words := format('The friend has an account and was active before the link was used; only one who has been away for more than %s counts.',
                    boon.duration_text(rules.dormancy));
  END IF;
END $$;

-- One link, used by an account. The caller has locked the referral, both accounts and the friend's activity.
CREATE FUNCTION boon.use_link(r boon.referrals, friend boon.accounts, p_link_at timestamptz, p_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon.rules_of(r);
  referrer boon.accounts;
  activity boon.account_activity;
  refused record;
  is_new boolean;
  counted boon.referrals;
BEGIN
  IF r.expires_at <= p_link_at THEN
    RETURN boon.end_referral(r, 'expired', p_at, 'not_used_in_time', 'The link was not used in time.', NULL, NULL);
  END IF;
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT activity FROM boon.account_activity x WHERE x.account_id = friend.id;
  is_new := friend.created_at >= least(r.invited_at, p_link_at - rules.login_grace);
  refused := boon.link_refused(r, rules, referrer, friend, p_link_at, is_new,
                               boon.last_activity_before(friend, activity, p_link_at, rules.login_grace));
  IF refused.code IS NOT NULL THEN
    UPDATE boon.referrals SET link_used_at = p_link_at, friend_id = nullif(friend.id, r.referrer_id), friend_is_new = is_new
      WHERE id = r.id RETURNING * INTO r;
    RETURN boon.end_referral(r, 'refused', p_at, refused.code, refused.words, NULL, NULL);
  END IF;
  UPDATE boon.referrals SET status = 'joined', friend_id = friend.id, friend_is_new = is_new, link_used_at = p_link_at, joined_at = p_link_at,
    token_hash = NULL, token_sealed = NULL WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.joined', p_link_at);
  -- Prompts after the link that were told before it.
  FOR i IN 1 .. cardinality(activity.prompts) LOOP
    counted := boon.count_prompt(r, activity.prompts[i], activity.prompted_at[i]);
    IF counted.id IS NOT NULL THEN r := counted; END IF;
  END LOOP;
  RETURN r;
END $$;

-- Takes an array of uses; answers each by its `i`: {referral} or {code, detail}. A friend who uses their link again gets
-- the referral as it stands; anybody else finds it used. Rows are locked in the order of record_activity: activity by
-- account, then referrals.
CREATE FUNCTION boon.use_links(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
  PERFORM FROM boon.referrals x WHERE x.id IN (SELECT y.referral_id FROM unnest(requests) y) ORDER BY x.id FOR UPDATE;
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
    ELSIF r.status = 'expired' THEN
      result := jsonb_build_object('code', 'claim_expired', 'detail', 'The invitation has expired.');
    ELSIF r.status <> 'invited' THEN
      result := jsonb_build_object('code', 'claim_invalid', 'detail', CASE r.status WHEN 'canceled' THEN 'The invitation was taken back.'
                                                                                    ELSE 'The link has been used.' END);
    ELSIF r.token_hash <> decode(q.token_hash, 'hex') THEN
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
    AND NOT EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = b.account_id AND (x.status = 'joined' OR x.qualified_at IS NOT NULL));
END $$;
