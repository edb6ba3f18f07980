-- Banks one side's reward, unless it has been given or the program has none for it. Credits that its account has no room for are
-- left out, and that is noted.
CREATE FUNCTION boon_code.give_reward(r boon.referrals, p_recipient boon.reward_recipient, rules boon.program_rules, p_at timestamptz)
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
    PERFORM boon_code.bank_resets(r.policy_version, owner, resets, 'referral', r.program, r.id, p_at);
  END IF;
  IF credits > boon_code.room_of(owner) THEN
    no_room := credits;
    credits := 0;
  END IF;
  IF credits > 0 THEN
    lot := boon_code.grant_earned(owner, credits, p_at + rules.credits_valid_for, r.id, p_at);
  END IF;
  INSERT INTO boon.referral_rewards (referral_id, recipient, account_id, resets, credits, lot_id, given_at, no_room)
    VALUES (r.id, p_recipient, owner, resets, credits, lot, p_at, no_room);
END $$;
