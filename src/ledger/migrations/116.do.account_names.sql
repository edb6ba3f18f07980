-- What an account's owner tells of it: the name that others know it by, and what shows later that a friend does not count.

-- The name that invitations and gifts call it by; others never see its id. Null: they say that somebody, or a friend, did it.
ALTER TABLE boon.accounts ADD COLUMN name text;

-- An account as it stands, with the billing month that runs at p_at. `billing_day_from`: when the last move of the day takes
-- effect, unless the day is in force. Null when there is no such account.
CREATE OR REPLACE FUNCTION boon.account_view(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', a.id, 'name', a.name, 'kind', a.kind, 'plan', a.plan, 'status', a.status, 'email_sealed', encode(a.email_sealed, 'hex'),
    'billing_day', a.billing_day, 'identity_verified_at', a.identity_verified_at, 'created_at', a.created_at, 'last_active_at', a.last_active_at,
    'cohorts', a.cohorts, 'org_id', a.org_id, 'auto_redeem', a.auto_redeem, 'use_credits', a.use_credits,
    'spending_limit', boon.credits(a.spending_limit), 'pool_limit', boon.credits(a.pool_limit), 'billing', a.billing,
    'invoice_ceiling', boon.credits(a.invoice_ceiling), 'billing_month', jsonb_build_object('starts_at', m.starts_at, 'ends_at', m.ends_at),
    'billing_day_from', CASE WHEN d.day <> a.billing_day THEN l.starts_at END)
  FROM boon.accounts a CROSS JOIN LATERAL boon.billing_month(a.id, p_at) m
  LEFT JOIN LATERAL (SELECT x.starts_at FROM boon.billing_days x WHERE x.account_id = a.id ORDER BY x.number DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT x.day FROM boon.billing_days x WHERE x.account_id = a.id AND x.starts_at <= p_at ORDER BY x.number DESC LIMIT 1) d ON true
  WHERE a.id = p_account
$$;

-- Judges the friends of an account's open referrals, and the account as a friend, by what is known now: that both are one person
-- counts until the reward, that the friend was not away until they have qualified. Answers how many were refused. The caller has
-- locked the account; whoever tells of the other side waits for the referral here, and so sees what was told of this one.
CREATE FUNCTION boon.judge_friends_again(p_account text, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
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
    CONTINUE WHEN r.status <> 'qualified' AND p_at >= boon.told_until(r);
    SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
    SELECT * INTO STRICT friend FROM boon.accounts a WHERE a.id = r.friend_id;
    shared := ARRAY(SELECT unnest(referrer.fingerprints) INTERSECT SELECT unnest(friend.fingerprints));
    found := CASE WHEN friend.email_index = referrer.email_index THEN 'self_referral'
                  WHEN EXISTS (SELECT FROM unnest(shared) f WHERE f NOT LIKE 'card:%') THEN 'same_device'
                  WHEN shared <> '{}' THEN 'same_card' END;
    IF found IS NOT NULL THEN
      PERFORM boon.end_referral(r, 'refused', p_at, found, CASE found
        WHEN 'self_referral' THEN 'Referrer and friend turned out to have the same address.'
        WHEN 'same_device' THEN 'Referrer and friend turned out to use the same device.'
        ELSE 'Referrer and friend turned out to pay with the same card.' END, NULL, NULL);
      refused := refused + 1;
    ELSIF r.status <> 'qualified' AND r.friend_id = p_account THEN
      rules := boon.rules_of(r);
      SELECT * INTO activity FROM boon.account_activity b WHERE b.account_id = p_account;
      -- An account that turns out to be older is none that was made for the invitation.
      r.friend_is_new := r.friend_is_new AND friend.created_at >= least(r.invited_at, r.joined_at - rules.login_grace);
      UPDATE boon.referrals x SET friend_is_new = r.friend_is_new WHERE x.id = r.id AND x.friend_is_new <> r.friend_is_new;
      CONTINUE WHEN r.friend_is_new OR boon.last_activity_before(friend, activity, r.joined_at, rules.login_grace) + rules.dormancy < r.joined_at;
      PERFORM boon.refuse_active(r);
      refused := refused + 1;
    END IF;
  END LOOP;
  RETURN refused;
END $$;

-- An account as its owner describes it: `put_account` with the name, and with what that means for friends who came before.
CREATE FUNCTION boon.describe_account(p_id text, p jsonb, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := boon.put_account(p_id, p - 'name', p_at);
BEGIN
  IF NOT answer ? 'account' THEN RETURN answer; END IF;
  IF p ? 'name' THEN
    UPDATE boon.accounts a SET name = p ->> 'name' WHERE a.id = p_id;
    answer := jsonb_build_object('account', boon.account_view(p_id, p_at));
  END IF;
  IF p ?| ARRAY['last_active_at', 'created_at', 'fingerprints', 'email_index'] THEN PERFORM boon.judge_friends_again(p_id, p_at); END IF;
  RETURN answer;
END $$;

-- What was told before.
SELECT boon.judge_friends_again(f.friend_id, f.at) FROM (
  SELECT r.friend_id, max(greatest(r.joined_at, r.qualified_at, f.updated_at, a.updated_at)) AS at FROM boon.referrals r
  JOIN boon.accounts f ON f.id = r.friend_id JOIN boon.accounts a ON a.id = r.referrer_id
  WHERE r.status IN ('joined', 'qualified') GROUP BY r.friend_id) f;
