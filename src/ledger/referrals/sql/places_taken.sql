-- How many of the program's places are taken at p_at: by open referrals, and by rewarded ones; in a program without an end only
-- by those that were rewarded in the present billing month. Others have given their place back.
CREATE FUNCTION boon_code.places_taken(p_account text, rules boon.program_rules, w boon.reward_windows, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM boon.referrals r
  WHERE r.referrer_id = p_account AND r.program = rules.program
    AND (r.status IN ('invited', 'joined') AND r.expires_at > p_at OR r.status = 'qualified'
      OR r.status = 'rewarded' AND (rules.closes_at IS NOT NULL OR (r.rewarded_at >= w.starts_at AND r.rewarded_at < w.ends_at)))
$$;
