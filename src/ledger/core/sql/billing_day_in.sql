-- Midnight (UTC) of the billing day in the month that p_first begins, or of the month's last day where it is too short.
-- The rule stands in domain/billing-month.ts too.
CREATE FUNCTION boon_code.billing_day_in(p_first date, p_day int) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN (p_first + least(p_day, extract(day FROM p_first + interval '1 month' - interval '1 day')::int) - 1)::timestamp AT TIME ZONE 'UTC';
