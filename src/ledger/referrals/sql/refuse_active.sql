-- Refuses a friend who turned out not to have been away. The caller has locked the referral.
CREATE FUNCTION boon_code.refuse_active(r boon.referrals) RETURNS boon.referrals LANGUAGE sql AS $$
  SELECT boon_code.end_referral(r, 'refused', r.joined_at, 'already_active',
    format('It turned out that the friend was active before the link was used; only one who has been away for more than %s counts.',
           boon_code.duration_text((boon_code.rules_of(r)).dormancy)), NULL, NULL)
$$;
