-- Judges the friends of an account's open referrals, and the account as a friend, by what is known now: that both are one person
-- counts until the reward, that the friend was not away until they have qualified. Answers how many were refused. The caller has
-- locked the account; whoever tells of the other side waits for the referral here, and so sees what was told of this one.
CREATE FUNCTION boon_code.judge_friends_again(p_account text, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  ids text[] := ARRAY(
    SELECT x.id FROM boon.referrals x WHERE x.friend_id = p_account AND x.status IN ('joined', 'qualified', 'expired')
    UNION SELECT x.id FROM boon.referrals x WHERE x.referrer_id = p_account AND x.status IN ('joined', 'qualified', 'expired'));
  r boon.referrals;
  rules boon.program_rules;
  referrer boon.accounts;
  friend boon.accounts;
  activity boon.account_activity;
  shared text[];
  found text;
  refused int := 0;
BEGIN
  FOR r IN SELECT * FROM boon.referrals x WHERE x.id = ANY (ids) AND x.joined_at IS NOT NULL AND x.status IN ('joined', 'qualified', 'expired')
    ORDER BY x.id FOR UPDATE
  LOOP
    CONTINUE WHEN r.status <> 'qualified' AND p_at >= boon_code.told_until(r);
    SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
    SELECT * INTO STRICT friend FROM boon.accounts a WHERE a.id = r.friend_id;
    shared := ARRAY(SELECT unnest(referrer.fingerprints) INTERSECT SELECT unnest(friend.fingerprints));
    found := CASE WHEN friend.email_index = referrer.email_index THEN 'self_referral'
                  WHEN EXISTS (SELECT FROM unnest(shared) f WHERE f NOT LIKE 'card:%') THEN 'same_device'
                  WHEN shared <> '{}' THEN 'same_card' END;
    IF found IS NOT NULL THEN
      PERFORM boon_code.end_referral(r, 'refused', p_at, found, CASE found
        WHEN 'self_referral' THEN 'Referrer and friend turned out to have the same address.'
        WHEN 'same_device' THEN 'Referrer and friend turned out to use the same device.'
        ELSE 'Referrer and friend turned out to pay with the same card.' END, NULL, NULL);
      refused := refused + 1;
    ELSIF r.status <> 'qualified' AND r.friend_id = p_account THEN
      rules := boon_code.rules_of(r);
      SELECT * INTO activity FROM boon.account_activity b WHERE b.account_id = p_account;
      -- An account that turns out to be older is none that was made for the invitation.
      r.friend_is_new := r.friend_is_new AND friend.created_at >= least(r.invited_at, r.joined_at - rules.login_grace);
      UPDATE boon.referrals x SET friend_is_new = r.friend_is_new WHERE x.id = r.id AND x.friend_is_new <> r.friend_is_new;
      CONTINUE WHEN r.friend_is_new OR boon_code.last_activity_before(friend, activity, r.joined_at, rules.login_grace) + rules.dormancy < r.joined_at;
      PERFORM boon_code.refuse_active(r);
      refused := refused + 1;
    END IF;
  END LOOP;
  RETURN refused;
END $$;
