-- Why a friend does not count, as (code, words); null when they do. What concerns the referrer's plan and cohort was judged
-- when the invitation was sent, and an account that was frozen since is judged when the reward is due.
CREATE FUNCTION boon_code.link_refused(
  r boon.referrals, rules boon.program_rules, referrer boon.accounts, friend boon.accounts, p_link_at timestamptz,
  p_is_new boolean, p_last_active_at timestamptz, OUT code text, OUT words text
) LANGUAGE plpgsql STABLE AS $$
DECLARE
  shared text[] := ARRAY(SELECT unnest(referrer.fingerprints) INTERSECT SELECT unnest(friend.fingerprints));
BEGIN
  IF rules.closes_at <= p_link_at THEN
    code := 'program_closed'; words := format('The program closed at %s, before the link was used.', boon_code.instant_text(rules.closes_at));
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
    code := 'duplicate_referral'; words := 'The friend used another invitation before.';
  ELSIF EXISTS (SELECT FROM boon.referrals x WHERE x.friend_id = referrer.id AND x.referrer_id = friend.id AND (x.status = 'joined' OR x.qualified_at IS NOT NULL)) THEN
    code := 'duplicate_referral'; words := 'Referrer and friend have referred each other, which counts once.';
  ELSIF NOT p_is_new AND p_last_active_at + rules.dormancy >= p_link_at THEN
    code := 'already_active';
    -- Not when: that is the friend's own business, and these words are for the referrer.
    words := format('The friend has an account and was active before the link was used; only one who has been away for more than %s counts.',
                    boon_code.duration_text(rules.dormancy));
  END IF;
END $$;
