-- What is missing, in words for the referrer.
CREATE FUNCTION boon_code.referral_next_step(r boon.referrals) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE r.status
    WHEN 'invited' THEN format('The friend has to use the link by %s.', boon_code.instant_text(r.expires_at))
    WHEN 'joined' THEN format('The friend has sent %s of %s prompts; the rest must follow by %s.', r.prompts_seen, r.prompts_required,
                              boon_code.instant_text(r.expires_at))
    WHEN 'qualified' THEN CASE WHEN r.deferred_until IS NULL THEN 'The reward is on its way.'
                               ELSE format('The reward is tried again at %s.', boon_code.instant_text(r.deferred_until)) END
    WHEN 'rewarded' THEN 'Nothing is missing: the reward was given.'
    ELSE 'The invitation has ended.' END
$$;
