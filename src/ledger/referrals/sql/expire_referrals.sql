-- Ends at most p_limit invitations that ran out, the longest overdue first.
CREATE FUNCTION boon_code.expire_referrals(p_at timestamptz, p_limit int) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  r boon.referrals;
BEGIN
  FOR r IN
    SELECT * FROM boon.referrals x WHERE x.deadline <= p_at AND x.status IN ('invited', 'joined') AND NOT boon_code.is_aside('invitations', x.id, p_at)
    ORDER BY x.deadline, x.id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    RETURN NEXT boon_code.referral_view(boon_code.expire_referral(r));
  END LOOP;
END $$;
