-- Whether the friend has won the referrer by an invitation of their own: of two people who refer each other, one counts.
CREATE FUNCTION boon_code.was_won_by_friend(r boon.referrals) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = r.referrer_id AND x.referrer_id = r.friend_id
    AND ((x.status = 'qualified' AND (x.qualified_at, x.id) < (r.qualified_at, r.id))
      OR EXISTS (SELECT FROM boon.referral_rewards w WHERE w.referral_id = x.id)))
$$;
