-- How a referral stands at p_at: one that has run out by then has ended at its end; a reward that was put off until then is due.
CREATE FUNCTION boon_code.referral_as_of(r boon.referrals, p_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF r.status IN ('invited', 'joined') AND r.expires_at <= p_at THEN
    r.status := 'expired';
    r.ended_at := r.expires_at;
    r.reason_code := boon_code.ran_out_code(r);
    r.detail := boon_code.ran_out_words(r);
  ELSIF r.status = 'qualified' AND r.deferred_until <= p_at THEN
    r.deferred_until := NULL;
  END IF;
  RETURN r;
END $$;
