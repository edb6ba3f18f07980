-- The window a moment falls into: as it is stored, else the account's billing month, which is never stored otherwise but
-- where an earlier version cut a month short. Windows neither overlap nor leave a gap between them. Its cap is that of the terms
-- that are asked for, or the one that an operator has raised it to; of terms with a lower cap than has been used, what was used.
CREATE FUNCTION boon_code.reward_window_at(p_account text, p_program text, p_at timestamptz, p_cap int)
RETURNS boon.reward_windows LANGUAGE plpgsql STABLE AS $$
DECLARE
  w boon.reward_windows;
  before timestamptz;
  after timestamptz;
BEGIN
  SELECT * INTO w FROM boon.reward_windows x
    WHERE x.account_id = p_account AND x.program = p_program AND x.starts_at <= p_at AND x.ends_at > p_at;
  IF FOUND THEN
    w.cap := greatest(p_cap, w.used, (
      SELECT max(x.cap) FROM boon.reward_cap_raises x WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month));
    RETURN w;
  END IF;
  SELECT max(x.ends_at) FILTER (WHERE x.ends_at <= p_at), min(x.starts_at) FILTER (WHERE x.starts_at > p_at) INTO before, after
    FROM boon.reward_windows x WHERE x.account_id = p_account AND x.program = p_program;
  SELECT p_account, p_program, NULL, greatest(m.starts_at, before), least(m.ends_at, after), p_cap, 0 INTO w FROM boon_code.billing_month(p_account, p_at) m;
  w.month := (w.starts_at AT TIME ZONE 'UTC')::date;
  RETURN w;
END $$;
