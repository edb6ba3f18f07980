-- The billing month of an account, named by its first day.
CREATE FUNCTION boon_code.month_of(p_account text, p_at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT (m.starts_at AT TIME ZONE 'UTC')::date FROM boon_code.billing_month(p_account, p_at) m
$$;
