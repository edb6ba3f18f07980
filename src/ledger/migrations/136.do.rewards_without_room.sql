-- Credits that an account has no room for: a reward leaves them out and says so, and no top-up is charged for them.

-- Of a reward: the credits that were left out, for the account had no room. Where nothing else was to be given the row says only that.
ALTER TABLE boon.referral_rewards ADD COLUMN no_room bigint NOT NULL DEFAULT 0 CHECK (no_room >= 0);
ALTER TABLE boon.referral_rewards DROP CONSTRAINT reward_is_sound;
ALTER TABLE boon.referral_rewards ADD CONSTRAINT reward_is_sound CHECK (
  resets >= 0 AND credits >= 0 AND resets + credits + no_room > 0 AND (credits = 0 OR no_room = 0) AND (credits > 0) = (lot_id IS NOT NULL)
  AND (resets_back IS NULL) = (credits_back IS NULL)
  AND resets_back BETWEEN 0 AND resets AND credits_back BETWEEN 0 AND credits);

-- A referral as JSON: what readers and recorded answers show. Nothing of the address or the token.
CREATE OR REPLACE FUNCTION boon.referral_view(r boon.referrals) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', r.id, 'program', r.program, 'status', r.status, 'referrer_id', r.referrer_id, 'friend_id', r.friend_id,
    'prompts_seen', r.prompts_seen, 'prompts_required', r.prompts_required,
    'reason_code', r.reason_code, 'detail', r.detail, 'reason', r.reason, 'next_step', boon.referral_next_step(r),
    'created_at', r.invited_at, 'expires_at', r.expires_at, 'joined_at', r.joined_at, 'qualified_at', r.qualified_at,
    'rewarded_at', r.rewarded_at, 'deferred_until', r.deferred_until, 'ended_at', r.ended_at,
    'rewards', coalesce((
      SELECT jsonb_agg(jsonb_build_object('recipient', w.recipient, 'account_id', w.account_id, 'resets', w.resets,
        'credits', boon.credits(w.credits),
        'taken_back', CASE WHEN w.resets_back IS NOT NULL THEN
          jsonb_build_object('resets', w.resets_back, 'credits', boon.credits(w.credits_back)) END) ORDER BY w.recipient)
      FROM boon.referral_rewards w WHERE w.referral_id = r.id AND w.resets + w.credits > 0), '[]'::jsonb),
    'policy_version', r.policy_version)
$$;

-- Banks one side's reward, unless it has been given or the program has none for it. Credits that its account has no room for are
-- left out, and that is noted.
CREATE OR REPLACE FUNCTION boon.give_reward(r boon.referrals, p_recipient boon.reward_recipient, rules boon.program_rules, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owner text := CASE p_recipient WHEN 'referrer' THEN r.referrer_id ELSE r.friend_id END;
  resets int := CASE p_recipient WHEN 'referrer' THEN rules.referrer_resets ELSE rules.friend_resets END;
  credits bigint := CASE p_recipient WHEN 'referrer' THEN rules.referrer_credits ELSE rules.friend_credits END;
  no_room bigint := 0;
  lot bigint;
BEGIN
  IF resets + credits = 0 OR EXISTS (SELECT FROM boon.referral_rewards w WHERE w.referral_id = r.id AND w.recipient = p_recipient) THEN
    RETURN;
  END IF;
  IF resets > 0 THEN
    PERFORM boon.bank_resets(r.policy_version, owner, resets, 'referral', r.program, r.id, p_at);
  END IF;
  IF credits > boon.room_of(owner) THEN
    no_room := credits;
    credits := 0;
  END IF;
  IF credits > 0 THEN
    lot := boon.grant_earned(owner, credits, p_at + rules.credits_valid_for, r.id, p_at);
  END IF;
  INSERT INTO boon.referral_rewards (referral_id, recipient, account_id, resets, credits, lot_id, given_at, no_room)
    VALUES (r.id, p_recipient, owner, resets, credits, lot, p_at, no_room);
END $$;

-- Gives the rewards of one qualified referral that is due. The caller has locked it and both accounts.
--  * An account that is frozen: tried again a day later, for as long after the reward was due as it could be clawed back; then
--    refused. One that is closed: refused.
--  * The referrer's month is full: the friend gets their reward all the same; the referrer's is gone, or comes with
--    the next month.
--  * The referrer's account has no room for what is all of their reward: it is gone, and the friend gets theirs all the same. Of other rewards
--    the credits are left out that have no room.
--  * The month's last places are kept for friends who qualified earlier and wait for a frozen account: it is tried again after
--    them.
CREATE OR REPLACE FUNCTION boon.reward_referral(r boon.referrals, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon.rules_of(r);
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
      PERFORM boon.end_referral(r, 'refused', p_at, 'account_frozen', format('The %s''s account is not active.', side), NULL, NULL);
    ELSE
      PERFORM boon.defer_reward(r, p_at + interval '1 day', 'account_frozen', format('The %s''s account is frozen.', side), p_at);
    END IF;
    RETURN;
  END IF;
  IF boon.was_won_by_friend(r) AND NOT EXISTS (SELECT FROM boon.referral_rewards g WHERE g.referral_id = r.id) THEN
    PERFORM boon.end_referral(r, 'refused', p_at, 'duplicate_referral', 'Referrer and friend have referred each other, which counts once.', NULL, NULL);
    RETURN;
  END IF;
  side := CASE WHEN rules.referrer_resets = 0 AND rules.referrer_credits > boon.room_of(r.referrer_id) THEN 'referrer'
               WHEN rules.referrer_resets + rules.referrer_credits + rules.friend_resets = 0 AND rules.friend_credits > boon.room_of(r.friend_id)
                 AND NOT EXISTS (SELECT FROM boon.referral_rewards g WHERE g.referral_id = r.id) THEN 'friend' END;
  IF side IS DISTINCT FROM 'friend' THEN PERFORM boon.give_reward(r, 'friend', rules, p_at); END IF;
  IF side IS NOT NULL THEN
    PERFORM boon.end_referral(r, 'refused', p_at, 'account_full', format('The %s''s account has no room for so many credits.', side), NULL, NULL);
    RETURN;
  END IF;
  IF rules.referrer_resets + rules.referrer_credits > 0 THEN
    w := boon.reward_window_at(r.referrer_id, r.program, p_at, rules.monthly_cap);
    turns := boon.turns_before(r, w, p_at);
    IF NOT boon.claim_slot(w, r.id, turns.waiting, p_at) THEN
      IF w.used < w.cap THEN
        PERFORM boon.defer_over_cap(r, w.cap, least(coalesce(turns.next_at, p_at + interval '1 day'), w.ends_at),
          'The last places of this billing month are kept for friends who qualified earlier.', p_at);
        RETURN;
      END IF;
      IF rules.over_cap = 'forfeit' OR (rules.monthly_cap = 0 AND NOT EXISTS (
          SELECT FROM boon.reward_cap_raises x WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month)) THEN
        UPDATE boon.referrals SET cap_met = w.cap WHERE id = r.id RETURNING * INTO r;
        PERFORM boon.end_referral(r, 'refused', p_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in the billing month that ends at %s.', w.used, w.cap, boon.instant_text(w.ends_at)), NULL, NULL);
      ELSE
        PERFORM boon.defer_over_cap(r, w.cap, w.ends_at,
          format('The referrer has had %s of %s rewards in this billing month.', w.used, w.cap), p_at);
      END IF;
      RETURN;
    END IF;
    PERFORM boon.give_reward(r, 'referrer', rules, p_at);
  END IF;
  SELECT string_agg(format('The %s''s account has no room for %s credits, which were left out.', g.recipient, boon.credits(g.no_room)), ' '
    ORDER BY g.recipient) INTO no_room FROM boon.referral_rewards g WHERE g.referral_id = r.id AND g.no_room > 0;
  UPDATE boon.referrals SET status = 'rewarded', rewarded_at = p_at, ended_at = p_at, deferred_until = NULL,
    reason_code = CASE WHEN no_room IS NOT NULL THEN 'account_full' END, detail = no_room, cap_met = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.rewarded', p_at);
END $$;

-- What keeps a top-up from being charged, and until when where that is known; null when nothing does.
CREATE OR REPLACE FUNCTION boon.top_up_block(p_policy text, t boon.top_ups, p_at timestamptz, OUT reason text, OUT until timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = t.account_id;
  IF a.status <> 'active' THEN
    reason := 'account_frozen';
  ELSIF NOT EXISTS (SELECT FROM boon.payment_customers c WHERE c.account_id = t.account_id) THEN
    reason := 'card_required';
  ELSIF NOT EXISTS (SELECT FROM boon.package_rules r WHERE r.version = p_policy AND r.package = t.package
      AND (r.credits, r.price, r.currency, r.resets) = (t.credits, t.price, t.currency, 0)) THEN
    reason := 'price_changed';
  ELSIF t.credits > boon.room_of(t.account_id) THEN
    reason := 'account_full';
  ELSIF t.paused_until > p_at THEN
    reason := 'paused'; until := t.paused_until;
  ELSIF EXISTS (SELECT FROM boon.debts d WHERE d.account_id = t.account_id AND d.amount > 0) THEN
    reason := 'debt';
  ELSIF boon.topped_up(t.account_id, boon.month_of(t.account_id, p_at)) + t.price > t.monthly_cap THEN
    reason := 'monthly_cap';
    until := (SELECT m.ends_at FROM boon.billing_month(t.account_id, p_at) m);
  END IF;
END $$;
