-- Gives the rewards of one qualified referral that is due. The caller has locked it and both accounts.
--  * An account that is frozen: tried again a day later, for as long after the reward was due as it could be clawed back; then
--    refused. One that is closed: refused.
--  * The referrer's month is full: the friend gets their reward all the same; the referrer's is gone, or comes with
--    the next month.
--  * The referrer's account has no room for what is all of their reward: it is gone, and the friend gets theirs all the same. Of other rewards
--    the credits are left out that have no room.
--  * The month's last places are kept for friends who qualified earlier and wait for a frozen account: it is tried again after
--    them.
CREATE FUNCTION boon_code.reward_referral(r boon.referrals, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon_code.rules_of(r);
  referrer boon.accounts;
  friend boon.accounts;
  w boon.reward_windows;
  turns record;
  side text;
  no_room text;
BEGIN
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT friend FROM boon.accounts a WHERE a.id = r.friend_id;
  IF referrer.status <> 'active' OR friend.status <> 'active' THEN
    side := CASE WHEN referrer.status <> 'active' THEN 'referrer' ELSE 'friend' END;
    IF 'closed' IN (referrer.status, friend.status) OR p_at >= coalesce(r.reward_due_at, r.qualified_at) + rules.clawback_within THEN
      PERFORM boon_code.end_referral(r, 'refused', p_at, 'account_frozen', format('The %s''s account is not active.', side), NULL, NULL);
    ELSE
      PERFORM boon_code.defer_reward(r, p_at + interval '1 day', 'account_frozen', format('The %s''s account is frozen.', side), p_at);
    END IF;
    RETURN;
  END IF;
  IF boon_code.was_won_by_friend(r) AND NOT EXISTS (SELECT FROM boon.referral_rewards g WHERE g.referral_id = r.id) THEN
    PERFORM boon_code.end_referral(r, 'refused', p_at, 'duplicate_referral', 'Referrer and friend have referred each other, which counts once.', NULL, NULL);
    RETURN;
  END IF;
  side := CASE WHEN rules.referrer_resets = 0 AND rules.referrer_credits > boon_code.room_of(r.referrer_id) THEN 'referrer'
               WHEN rules.referrer_resets + rules.referrer_credits + rules.friend_resets = 0 AND rules.friend_credits > boon_code.room_of(r.friend_id)
                 AND NOT EXISTS (SELECT FROM boon.referral_rewards g WHERE g.referral_id = r.id) THEN 'friend' END;
  IF side IS DISTINCT FROM 'friend' THEN PERFORM boon_code.give_reward(r, 'friend', rules, p_at); END IF;
  IF side IS NOT NULL THEN
    PERFORM boon_code.end_referral(r, 'refused', p_at, 'account_full', format('The %s''s account has no room for so many credits.', side), NULL, NULL);
    RETURN;
  END IF;
  IF rules.referrer_resets + rules.referrer_credits > 0 THEN
    w := boon_code.reward_window_at(r.referrer_id, r.program, p_at, rules.monthly_cap);
    turns := boon_code.turns_before(r, w, p_at);
    IF NOT boon_code.claim_slot(w, r.id, turns.waiting, p_at) THEN
      IF w.used < w.cap THEN
        PERFORM boon_code.defer_over_cap(r, w.cap, least(coalesce(turns.next_at, p_at + interval '1 day'), w.ends_at),
          'The last places of this billing month are kept for friends who qualified earlier.', p_at);
        RETURN;
      END IF;
      IF rules.over_cap = 'forfeit' OR (rules.monthly_cap = 0 AND NOT EXISTS (
          SELECT FROM boon.reward_cap_raises x WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month)) THEN
        UPDATE boon.referrals SET cap_met = w.cap WHERE id = r.id RETURNING * INTO r;
        PERFORM boon_code.end_referral(r, 'refused', p_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in the billing month that ends at %s.', w.used, w.cap, boon_code.instant_text(w.ends_at)), NULL, NULL);
      ELSE
        PERFORM boon_code.defer_over_cap(r, w.cap, w.ends_at,
          format('The referrer has had %s of %s rewards in this billing month.', w.used, w.cap), p_at);
      END IF;
      RETURN;
    END IF;
    PERFORM boon_code.give_reward(r, 'referrer', rules, p_at);
  END IF;
  SELECT string_agg(format('The %s''s account has no room for %s credits, which were left out.', g.recipient, boon_code.credits(g.no_room)), ' '
    ORDER BY g.recipient) INTO no_room FROM boon.referral_rewards g WHERE g.referral_id = r.id AND g.no_room > 0;
  UPDATE boon.referrals SET status = 'rewarded', rewarded_at = p_at, ended_at = p_at, deferred_until = NULL,
    reason_code = CASE WHEN no_room IS NOT NULL THEN 'account_full' END, detail = no_room, cap_met = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon_code.emit_referral_event(r, 'referral.rewarded', p_at);
END $$;
