-- The month that a moment falls into: as it is stored, else the organisation's billing month, which is never stored
-- otherwise but where an earlier version cut a month short. Months neither overlap nor leave a gap between them.
CREATE FUNCTION boon_code.billing_month_at(p_org text, p_at timestamptz) RETURNS boon.billing_months LANGUAGE plpgsql STABLE AS $$
DECLARE
  m boon.billing_months;
  before timestamptz;
  after timestamptz;
BEGIN
  SELECT * INTO m FROM boon.billing_months x WHERE x.org_id = p_org AND x.starts_at <= p_at AND x.ends_at > p_at;
  IF FOUND THEN RETURN m; END IF;
  SELECT max(x.ends_at) FILTER (WHERE x.ends_at <= p_at), min(x.starts_at) FILTER (WHERE x.starts_at > p_at) INTO before, after
    FROM boon.billing_months x WHERE x.org_id = p_org;
  SELECT p_org, NULL, greatest(b.starts_at, before), least(b.ends_at, after), NULL, 0, NULL INTO m FROM boon_code.billing_month(p_org, p_at) b;
  m.month := (m.starts_at AT TIME ZONE 'UTC')::date;
  RETURN m;
END $$;
