-- The billing month of an account that a moment falls into. No row when there is no such account. The rule stands in
-- domain/billing-month.ts too. A table of one row, so that it becomes part of the query that asks for it.
CREATE FUNCTION boon_code.billing_month(p_day int, p_at timestamptz, OUT starts_at timestamptz, OUT ends_at timestamptz) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  first date := date_trunc('month', p_at AT TIME ZONE 'UTC')::date;
BEGIN
  starts_at := boon_code.billing_day_in(first, p_day);
  IF starts_at > p_at THEN
    ends_at := starts_at;
    starts_at := boon_code.billing_day_in((first - interval '1 month')::date, p_day);
  ELSE
    ends_at := boon_code.billing_day_in((first + interval '1 month')::date, p_day);
  END IF;
END $$;

CREATE FUNCTION boon_code.billing_month(p_account text, p_at timestamptz) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT CASE WHEN p_at < d.first_ends_at THEN d.starts_at ELSE m.starts_at END, CASE WHEN p_at < d.first_ends_at THEN d.first_ends_at ELSE m.ends_at END
  FROM boon.accounts a LEFT JOIN LATERAL (
    SELECT x.day, x.starts_at, x.first_ends_at FROM boon.billing_days x WHERE x.account_id = a.id AND x.starts_at <= p_at ORDER BY x.number DESC LIMIT 1) d ON true
  CROSS JOIN LATERAL boon_code.billing_month(coalesce(d.day, a.billing_day)::int, p_at) m
  WHERE a.id = p_account
$$;
