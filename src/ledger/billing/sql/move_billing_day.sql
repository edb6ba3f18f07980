-- Moves an account's billing day. The new one is in force from the end of the month that runs at p_at on; from a later
-- end where a move was asked for at a later moment, or something is counted in a later month. The caller has locked the
-- account, and changes it afterwards.
CREATE FUNCTION boon_code.move_billing_day(a boon.accounts, p_day int, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  begins timestamptz;
  counted timestamptz;
  last record;
BEGIN
  INSERT INTO boon.billing_days (account_id, number, starts_at, day, effective_at) VALUES (a.id, 0, '-infinity', a.billing_day, p_at)
    ON CONFLICT DO NOTHING;
  SELECT max(d.number) AS number, max(d.effective_at) AS at INTO last FROM boon.billing_days d WHERE d.account_id = a.id;
  SELECT m.ends_at INTO begins FROM boon_code.billing_month(a.id, greatest(p_at, last.at)) m;
  SELECT max(s.starts_at) INTO counted FROM boon.stored_months s WHERE s.account_id = a.id;
  IF counted >= begins THEN SELECT m.ends_at INTO begins FROM boon_code.billing_month(a.id, counted) m; END IF;
  INSERT INTO boon.billing_days (account_id, number, starts_at, first_ends_at, day, effective_at)
    VALUES (a.id, last.number + 1, begins, boon_code.first_month_ends(p_day, begins), p_day, p_at);
END $$;
