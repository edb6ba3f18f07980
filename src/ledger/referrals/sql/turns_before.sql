-- What waits in a month for its turn before a referral: those whose friends qualified earlier and who were put off by a frozen
-- account, or for such a one; and when the first of them is tried again. Each of them that the month has a place for, under its own
-- terms, is left one: where that would be taken, as many wait as the month holds.
CREATE FUNCTION boon_code.turns_before(r boon.referrals, w boon.reward_windows, p_at timestamptz, OUT waiting bigint, OUT next_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  o record;
BEGIN
  waiting := 0;
  FOR o IN
    SELECT x.deferred_until, (boon_code.reward_window_at(x.referrer_id, x.program, p_at, (boon_code.rules_of(x)).monthly_cap)).cap FROM boon.referrals x
    WHERE x.referrer_id = r.referrer_id AND x.program = r.program AND x.status = 'qualified' AND (x.qualified_at, x.id) < (r.qualified_at, r.id)
      AND (x.reason_code = 'account_frozen'
        OR (x.reason_code = 'reward_cap_reached' AND x.deferred_until > p_at AND x.deferred_until < w.ends_at))
    ORDER BY x.qualified_at, x.id
  LOOP
    IF o.deferred_until > p_at THEN next_at := least(next_at, o.deferred_until); END IF;
    CONTINUE WHEN w.used + waiting >= o.cap;
    waiting := greatest(waiting + 1, CASE WHEN w.used + waiting + 1 >= o.cap THEN w.cap - w.used END);
  END LOOP;
END $$;
