-- Rewards of qualified referrals, and what takes them back.

-- Credits as a reward: a new lot of source `earned`, out of boon:issuance. The caller has locked the account.
CREATE FUNCTION boon.grant_earned(p_account text, p_amount bigint, p_expires_at timestamptz, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  available bigint;
  moved bigint;
  lot boon.lots;
BEGIN
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p_amount WHERE a.id = p_account
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'grant', 'boon:issuance', p_account, p_amount, p_reference, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice)
    VALUES (p_account, 'earned', p_amount, p_amount, p_at, p_expires_at, false, moved, 1) RETURNING * INTO lot;
  INSERT INTO boon.entries VALUES (moved, 1, p_account, lot.id, 'grant', p_amount, available, p_reference, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('credits.granted', lot.id::text, ARRAY[p_account], boon.lot_view(lot) || jsonb_build_object('reason', p_reference), p_at);
  RETURN lot.id;
END $$;

-- Banks one side's reward, unless it has been given or the program has none for it.
CREATE FUNCTION boon.give_reward(r boon.referrals, p_recipient boon.reward_recipient, rules boon.program_rules, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owner text := CASE p_recipient WHEN 'referrer' THEN r.referrer_id ELSE r.friend_id END;
  resets int := CASE p_recipient WHEN 'referrer' THEN rules.referrer_resets ELSE rules.friend_resets END;
  credits bigint := CASE p_recipient WHEN 'referrer' THEN rules.referrer_credits ELSE rules.friend_credits END;
  lot bigint;
BEGIN
  IF resets + credits = 0 OR EXISTS (SELECT FROM boon.referral_rewards w WHERE w.referral_id = r.id AND w.recipient = p_recipient) THEN
    RETURN;
  END IF;
  IF resets > 0 THEN
    PERFORM boon.bank_resets(r.policy_version, owner, resets, 'referral', r.program, r.id, p_at);
  END IF;
  IF credits > 0 THEN
    lot := boon.grant_earned(owner, credits, p_at + rules.credits_valid_for, r.id, p_at);
  END IF;
  INSERT INTO boon.referral_rewards (referral_id, recipient, account_id, resets, credits, lot_id, given_at)
    VALUES (r.id, p_recipient, owner, resets, credits, lot, p_at);
END $$;

-- A reward that has to wait stays due, and says why.
CREATE FUNCTION boon.defer_reward(r boon.referrals, p_until timestamptz, p_reason_code text, p_detail text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET deferred_until = p_until, reason_code = p_reason_code, detail = p_detail WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.deferred', p_at);
END $$;

-- Gives the rewards of one qualified referral that is due. The caller has locked it and both accounts.
--  * An account that is frozen: tried again a day later, until the time for clawbacks is over; then refused. One that
--    is closed: refused.
--  * The referrer's month is full: the friend gets their reward all the same; the referrer's is gone, or comes with
--    the next month.
CREATE FUNCTION boon.reward_referral(r boon.referrals, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rules boon.program_rules := boon.rules_of(r);
  referrer boon.accounts;
  friend boon.accounts;
  w boon.reward_windows;
  side text;
BEGIN
  SELECT * INTO STRICT referrer FROM boon.accounts a WHERE a.id = r.referrer_id;
  SELECT * INTO STRICT friend FROM boon.accounts a WHERE a.id = r.friend_id;
  IF referrer.status <> 'active' OR friend.status <> 'active' THEN
    side := CASE WHEN referrer.status <> 'active' THEN 'referrer' ELSE 'friend' END;
    IF 'closed' IN (referrer.status, friend.status) OR p_at >= r.qualified_at + rules.clawback_within THEN
      PERFORM boon.end_referral(r, 'refused', p_at, 'account_frozen', format('The %s''s account is not active.', side), NULL, NULL);
    ELSE
      PERFORM boon.defer_reward(r, p_at + interval '1 day', 'account_frozen', format('The %s''s account is frozen.', side), p_at);
    END IF;
    RETURN;
  END IF;
  PERFORM boon.give_reward(r, 'friend', rules, p_at);
  IF rules.referrer_resets + rules.referrer_credits > 0 THEN
    w := boon.reward_window_at(r.referrer_id, referrer.billing_day, r.program, p_at, rules.monthly_cap);
    IF NOT boon.claim_slot(w, r.id, p_at) THEN
      IF rules.over_cap = 'forfeit' OR w.cap = 0 THEN
        PERFORM boon.end_referral(r, 'refused', p_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in the billing month that ends at %s.', w.used, w.cap, boon.instant_text(w.ends_at)), NULL, NULL);
      ELSE
        PERFORM boon.defer_reward(r, w.ends_at, 'reward_cap_reached',
          format('The referrer has had %s of %s rewards in this billing month.', w.used, w.cap), p_at);
      END IF;
      RETURN;
    END IF;
    PERFORM boon.give_reward(r, 'referrer', rules, p_at);
  END IF;
  UPDATE boon.referrals SET status = 'rewarded', rewarded_at = p_at, ended_at = p_at, deferred_until = NULL, reason_code = NULL, detail = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.rewarded', p_at);
END $$;

-- Takes ids of referrals, each once, and the time of each; gives the rewards that are due, in the order in which the
-- friends qualified; returns all. One that qualifies only now is left alone: its accounts are not locked. What the same
-- referrer is still owed from a month that was full comes with them, so that nobody who qualifies later gets before it.
CREATE FUNCTION boon.reward_referrals(p_ids text[], p_ats timestamptz[]) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  ids text[];
  ats timestamptz[];
  qualified text[];
  due record;
BEGIN
  SELECT array_agg(y.id), array_agg(y.at) INTO ids, ats FROM (
    SELECT z.id, max(z.at) AS at FROM (
      SELECT * FROM unnest(p_ids, p_ats) asked (id, at)
      UNION ALL
      SELECT o.id, asked.at FROM unnest(p_ids, p_ats) asked (id, at) JOIN boon.referrals x ON x.id = asked.id
      JOIN boon.referrals o ON o.referrer_id = x.referrer_id AND o.program = x.program
      WHERE x.status = 'qualified' AND o.status = 'qualified' AND o.reason_code = 'reward_cap_reached' AND o.deferred_until <= asked.at) z
    GROUP BY z.id) y;
  qualified := ARRAY(SELECT x.id FROM boon.referrals x WHERE x.id = ANY (ids) AND x.status = 'qualified');
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT v.id FROM boon.referrals x CROSS JOIN LATERAL (VALUES (x.referrer_id), (x.friend_id)) v (id)
    WHERE x.id = ANY (qualified)) ORDER BY a.id FOR UPDATE;
  PERFORM FROM boon.referrals x WHERE x.id = ANY (qualified) ORDER BY x.id FOR UPDATE;
  FOR due IN
    SELECT x AS referral, y.at FROM unnest(ids, ats) y (id, at) JOIN boon.referrals x ON x.id = y.id
    WHERE x.id = ANY (qualified) AND x.status = 'qualified' AND (x.deferred_until IS NULL OR x.deferred_until <= y.at)
    ORDER BY x.qualified_at, x.id
  LOOP
    PERFORM boon.reward_referral(due.referral, due.at);
  END LOOP;
  RETURN QUERY SELECT boon.referral_view(x) FROM boon.referrals x WHERE x.id = ANY (p_ids);
END $$;

-- Takes back what is left of a referral's rewards: resets that are still in the bank, credits that are still in
-- their lot. The caller has locked the referral and both accounts. Answers in words what was taken, and what was not.
CREATE FUNCTION boon.take_rewards_back(r boon.referrals, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  w boon.referral_rewards;
  lot boon.lots;
  moved bigint;
  available bigint;
  taken_resets int;
  taken_credits bigint;
  said text := '';
BEGIN
  FOR w IN SELECT * FROM boon.referral_rewards x WHERE x.referral_id = r.id ORDER BY x.recipient LOOP
    WITH gone AS (
      UPDATE boon.resets x SET status = 'revoked'
      WHERE x.account_id = w.account_id AND x.source = 'referral' AND x.reference = r.id AND x.status = 'available' AND x.expires_at > p_at
      RETURNING x.id
    ), moved AS (
      INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
      SELECT g.id, w.account_id, 'revoked', r.id, p_at FROM gone g ORDER BY g.id
    ), event AS (
      INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      SELECT 'reset.revoked', g.id::text, ARRAY[w.account_id], jsonb_build_object('reset_id', g.id::text, 'reference', r.id), p_at FROM gone g ORDER BY g.id
    )
    SELECT count(*) INTO taken_resets FROM gone;
    -- What has expired is not left, whether or not that has been posted yet.
    PERFORM boon.post_expiry(ARRAY[w.lot_id], p_at);
    SELECT * INTO lot FROM boon.lots x WHERE x.id = w.lot_id;
    taken_credits := coalesce(lot.remaining, 0);
    IF taken_credits > 0 THEN
      UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + taken_credits WHERE a.id = w.account_id
        RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
      INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
        VALUES ('posted', 'clawback', w.account_id, 'boon:issuance', taken_credits, r.id, p_at) RETURNING seq INTO moved;
      UPDATE boon.lots SET remaining = 0 WHERE id = lot.id;
      INSERT INTO boon.entries VALUES (moved, 1, w.account_id, lot.id, 'clawed_back', -taken_credits, available, r.id, p_at);
    END IF;
    UPDATE boon.referral_rewards x SET resets_back = taken_resets, credits_back = taken_credits
      WHERE x.referral_id = r.id AND x.recipient = w.recipient;
    said := said || format(' From the %s: %s of %s resets and %s of %s credits.', w.recipient, taken_resets, w.resets,
                           boon.credits(taken_credits), boon.credits(w.credits));
  END LOOP;
  RETURN CASE said WHEN '' THEN 'Taken back before it was given.' ELSE 'Taken back what was left.' || said END;
END $$;
