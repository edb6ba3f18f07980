-- Takes a place in the window for a referral, if one is free besides p_kept that are kept for others. The caller has locked the
-- account.
CREATE FUNCTION boon_code.claim_slot(w boon.reward_windows, p_referral text, p_kept bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  cap int := w.cap;
BEGIN
  IF w.used + p_kept >= w.cap THEN RETURN false; END IF;
  INSERT INTO boon.reward_windows SELECT w.* ON CONFLICT DO NOTHING;
  -- The month holds what the most generous of its terms allows.
  UPDATE boon.reward_windows x SET used = x.used + 1, cap = greatest(x.cap, w.cap)
    WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month RETURNING * INTO STRICT w;
  INSERT INTO boon.reward_slots (referral_id, account_id, program, month, number, claimed_at, cap)
    VALUES (p_referral, w.account_id, w.program, w.month, w.used, p_at, cap);
  RETURN true;
END $$;
