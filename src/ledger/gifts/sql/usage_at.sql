-- What counts to an account's limits at a moment: a new day or month starts its counters anew, and one that never gave has them at
-- nought. A clock that lags behind the last gift does not turn them back.
CREATE FUNCTION boon_code.usage_at(u boon.gift_usage, p_account text, p_at timestamptz) RETURNS boon.gift_usage LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN u.day >= (p_at AT TIME ZONE 'UTC')::date THEN u ELSE (
    p_account, (p_at AT TIME ZONE 'UTC')::date, 0, 0,
    greatest(u.month, date_trunc('month', p_at AT TIME ZONE 'UTC')::date),
    CASE WHEN u.month >= date_trunc('month', p_at AT TIME ZONE 'UTC')::date THEN u.month_count ELSE 0 END,
    CASE WHEN u.month >= date_trunc('month', p_at AT TIME ZONE 'UTC')::date THEN u.month_amount ELSE 0 END,
    CASE WHEN u.month >= date_trunc('month', p_at AT TIME ZONE 'UTC')::date THEN u.promotional_count ELSE 0 END,
    CASE WHEN u.month >= date_trunc('month', p_at AT TIME ZONE 'UTC')::date THEN u.promotional_amount ELSE 0 END)::boon.gift_usage END
$$;
