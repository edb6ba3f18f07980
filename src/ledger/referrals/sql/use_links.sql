CREATE TYPE boon_code.link_use AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  used_at timestamp with time zone,
  referral_id text,
  account_id text,
  token_hash text
);

-- Takes an array of uses; answers each by its `i`: {referral} or {code, detail}. A friend who uses their link again gets
-- the referral as it stands; anybody else finds it used. Rows are locked in the order of record_activity: activity by
-- account, then referrals.
CREATE FUNCTION boon_code.use_links(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon_code.link_use[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.link_use, p_requests) q);
  q boon_code.link_use;
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
    UNION SELECT z.id FROM unnest(requests) y JOIN boon.referrals z ON z.friend_id = y.account_id AND z.status IN ('joined', 'expired')
    UNION SELECT z.id FROM unnest(requests) y JOIN boon.referrals o ON o.id = y.referral_id
      JOIN boon.referrals z ON z.friend_id = o.referrer_id AND z.referrer_id = y.account_id AND z.status IN ('joined', 'expired'))
    ORDER BY x.id FOR UPDATE;
  FOR q IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon_code.recorded_answer(q.key, q.input_hash);
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
    told_within := greatest(interval '23 hours' - (boon_code.rules_of(r)).login_grace, interval '0');
    told_within_text := trim_scale(round(extract(epoch FROM told_within) / 3600, 2)) || ' hours';
    IF q.used_at > q.at OR q.used_at < greatest(r.invited_at, q.at - told_within) THEN
      result := jsonb_build_object('code', 'validation_failed',
        'detail', format('The link cannot have been used then: it must be after the invitation and within the last %s.', told_within_text),
        'errors', jsonb_build_array(jsonb_build_object('path', 'used_at', 'message',
          format('must lie between the invitation and now, and in the last %s', told_within_text))));
      RETURN NEXT; CONTINUE;
    END IF;
    -- One that has run out is over, whether or not a sweep has come by.
    IF r.status IN ('invited', 'joined') AND r.expires_at <= q.at THEN r := boon_code.expire_referral(r); END IF;
    IF r.friend_id = q.account_id OR (r.referrer_id = q.account_id AND r.link_used_at IS NOT NULL AND r.friend_id IS NULL) THEN
      result := jsonb_build_object('referral', boon_code.referral_view(r, q.at));
    ELSIF r.status = 'expired' AND (r.link_used_at IS NOT NULL OR coalesce(q.used_at, q.at) >= r.expires_at) THEN
      result := jsonb_build_object('code', 'claim_expired', 'detail', 'The invitation has expired.');
    ELSIF r.status NOT IN ('invited', 'expired') THEN
      result := jsonb_build_object('code', 'claim_invalid', 'detail', CASE r.status WHEN 'canceled' THEN 'The invitation was canceled.'
                                                                                    ELSE 'The link has been used.' END);
    ELSIF decode(q.token_hash, 'hex') IS NOT NULL AND decode(q.token_hash, 'hex') IS DISTINCT FROM coalesce(r.token_hash, r.late_token_hash) THEN
      result := jsonb_build_object('code', 'claim_invalid', 'detail', 'The link is not valid.');
    ELSE
      r := boon_code.use_link(r, friend, coalesce(q.used_at, q.at), q.at);
      result := jsonb_build_object('referral', boon_code.referral_view(r));
    END IF;
    PERFORM boon_code.keep_answer(q.key, q.input_hash, result, q.at);
    RETURN NEXT;
  END LOOP;
  -- A call that was refused leaves nothing behind.
  DELETE FROM boon.account_activity b WHERE b.account_id = ANY (never_active)
    AND NOT EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = b.account_id AND x.joined_at IS NOT NULL);
END $$;
