-- Takes back a referral's rewards: resets in the bank, credits in their lot, and either in open gifts, which end. Credits that were
-- spent are owed; those that expired unspent are let go. The caller has locked those gifts, the referral and both accounts.
-- Answers in words what was taken, and what was not.
CREATE FUNCTION boon_code.take_rewards_back(r boon.referrals, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  w boon.referral_rewards;
  reached record;
  taken_resets int;
  taken_credits bigint;
  owed bigint;
  said text := '';
BEGIN
  FOR w IN SELECT * FROM boon.referral_rewards x WHERE x.referral_id = r.id ORDER BY x.recipient LOOP
    taken_resets := boon_code.reach_resets(w.account_id, 'referral', r.id, w.resets, p_at);
    taken_credits := 0; owed := 0;
    IF w.lot_id IS NOT NULL THEN
      reached := boon_code.reach_credits(w.account_id, w.lot_id, w.credits, NULL, r.id, p_at);
      taken_credits := reached.taken;
      owed := w.credits - taken_credits - boon_code.expired_of(w.lot_id);
      IF owed > 0 THEN PERFORM boon_code.incur_debt(w.account_id, owed, r.id, p_at); END IF;
    END IF;
    UPDATE boon.referral_rewards x SET resets_back = taken_resets, credits_back = taken_credits, credits_owed = owed
      WHERE x.referral_id = r.id AND x.recipient = w.recipient;
    IF w.lot_id IS NOT NULL THEN PERFORM boon_code.credits_came(w.account_id, reached.returned, r.id, p_at); END IF;
    said := said || format(' From the %s: %s of %s resets and %s of %s credits%s.', w.recipient, taken_resets, w.resets,
                           boon_code.credits(taken_credits), boon_code.credits(w.credits),
                           CASE WHEN owed > 0 THEN format('; %s credits are owed', boon_code.credits(owed)) ELSE '' END);
  END LOOP;
  RETURN CASE said WHEN '' THEN 'Taken back before it was given.' ELSE 'Taken back what was left.' || said END;
END $$;
