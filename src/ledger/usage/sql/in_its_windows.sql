-- The row of a use that was judged by something else than what is: it tells of the windows that the use counted in, and
-- beside them of those that were answered.
CREATE FUNCTION boon_code.in_its_windows(u boon.usage, p_five_hour boon.past_windows, p_weekly boon.past_windows, p_answer boon_code.use_answer)
RETURNS boon.usage LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF p_five_hour.account_id IS NOT NULL THEN
    u.five_hour_used := p_five_hour.used; u.five_hour_window := p_five_hour.number;
    u.five_hour_started_at := CASE WHEN p_five_hour.number IS NOT NULL THEN p_five_hour.started_at END;
  END IF;
  IF p_weekly.account_id IS NOT NULL THEN
    u.weekly_used := p_weekly.used; u.weekly_window := p_weekly.number;
    u.weekly_started_at := CASE WHEN p_weekly.number IS NOT NULL THEN p_weekly.started_at END;
  END IF;
  u.shown := jsonb_build_object(
    'five_hour_limit', p_answer.five_hour_limit, 'five_hour_used', p_answer.five_hour_used, 'five_hour_started_at', p_answer.five_hour_started_at,
    'weekly_limit', p_answer.weekly_limit, 'weekly_used', p_answer.weekly_used, 'weekly_started_at', p_answer.weekly_started_at);
  RETURN u;
END $$;
