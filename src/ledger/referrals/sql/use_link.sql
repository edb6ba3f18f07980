-- One link, used by an account. The caller has locked the referral, both accounts and the friend's activity.
CREATE FUNCTION boon_code.use_link(r boon.referrals, friend boon.accounts, p_link_at timestamptz, p_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon_code.rules_of(r);
  referrer boon.accounts;
  activity boon.account_activity;
  refused record;
  had record;
  is_new boolean;
  last_active timestamptz;
  counted boon.referrals;
  told record;
  x boon.referrals;
BEGIN
  IF r.expires_at <= p_link_at THEN RETURN boon_code.expire_referral(r); END IF;
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT activity FROM boon.account_activity b WHERE b.account_id = friend.id;
  is_new := friend.created_at >= least(r.invited_at, p_link_at - rules.login_grace);
  last_active := boon_code.last_activity_before(friend, activity, p_link_at, rules.login_grace);
  -- A referral of the friend's, or of the referrer's by the friend, that had run out by then holds nobody, whether or not a sweep has come by.
  FOR x IN SELECT * FROM boon.referrals y WHERE (y.friend_id = friend.id AND y.id <> r.id OR y.friend_id = r.referrer_id AND y.referrer_id = friend.id)
    AND y.status = 'joined' AND y.expires_at <= p_link_at ORDER BY y.id FOR UPDATE LOOP
    PERFORM boon_code.expire_referral(x);
  END LOOP;
  -- One whose link was used later loses the friend, unless this link is refused for something else.
  BEGIN
    PERFORM boon_code.take_friend(r, friend.id, p_link_at);
    refused := boon_code.link_refused(r, rules, referrer, friend, p_link_at, is_new, last_active);
    IF refused.code IS NULL THEN
      -- One that has ended since had the friend, or had the friend win the referrer, when this link was used.
      SELECT 'duplicate_referral' AS code, CASE y.friend_id WHEN friend.id THEN 'The friend used another invitation before.'
          ELSE 'Referrer and friend have referred each other, which counts once.' END AS words INTO had
        FROM boon.referrals y WHERE (y.friend_id = friend.id AND y.id <> r.id OR y.friend_id = r.referrer_id AND y.referrer_id = friend.id)
          AND y.status IN ('expired', 'canceled') AND y.joined_at <= p_link_at AND y.ended_at > p_link_at ORDER BY y.joined_at LIMIT 1;
      IF FOUND THEN refused := had; END IF;
    END IF;
    IF refused.code IS NOT NULL THEN RAISE EXCEPTION 'the link is refused' USING ERRCODE = 'BN001'; END IF;
  EXCEPTION WHEN SQLSTATE 'BN001' THEN NULL; -- Nobody has lost the friend.
  END;
  IF refused.code IS NOT NULL THEN
    UPDATE boon.referrals SET link_used_at = p_link_at, friend_id = nullif(friend.id, r.referrer_id), friend_is_new = is_new, late_token_hash = NULL
      WHERE id = r.id RETURNING * INTO r;
    RETURN boon_code.end_referral(r, 'refused', p_link_at, refused.code, refused.words, NULL, NULL);
  END IF;
  -- One that has run out since is joined for so long as it takes to count its prompts.
  UPDATE boon.referrals SET status = 'joined', friend_id = friend.id, friend_is_new = is_new, link_used_at = p_link_at, joined_at = p_link_at,
    token_hash = NULL, token_sealed = NULL, late_token_hash = NULL, ended_at = NULL, reason_code = NULL, detail = NULL,
    revived_at = CASE WHEN r.status = 'expired' THEN p_at END WHERE id = r.id RETURNING * INTO r;
  PERFORM boon_code.emit_referral_event(r, 'referral.joined', p_link_at);
  -- Prompts after the link that were told before it, some of them to a referral that has lost the friend.
  FOR told IN
    SELECT y.digest, min(y.at) AS at FROM (
      SELECT * FROM unnest(activity.prompts, activity.prompted_at)
      UNION ALL
      SELECT p.digest, p.prompted_at FROM boon.referrals z JOIN boon.referral_prompts p ON p.referral_id = z.id
      WHERE z.friend_id = friend.id AND z.id <> r.id AND z.joined_at > p_link_at) y (digest, at)
    WHERE y.at >= p_link_at GROUP BY y.digest ORDER BY 2, 1
  LOOP
    counted := boon_code.count_prompt(r, told.digest, told.at, p_at);
    IF counted.id IS NOT NULL THEN r := counted; END IF;
  END LOOP;
  IF r.status = 'joined' AND r.expires_at <= p_at THEN r := boon_code.expire_referral(r); END IF;
  RETURN r;
END $$;
