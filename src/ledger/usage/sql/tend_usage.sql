-- Makes the partitions of this month and the next, and drops the oldest that ended longer than the policy's `keep_for` ago.
-- Returns how many were dropped: 1, or 0 when there is none left. A use that is at work is waited for, but not long: what
-- cannot be dropped now is dropped the next time.
CREATE FUNCTION boon_code.tend_usage(p_policy text, p_at timestamptz) RETURNS int LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
  oldest date;
BEGIN
  PERFORM boon_code.make_usage_month(p_at), boon_code.make_usage_month(p_at + interval '1 month');
  SELECT m.month INTO oldest FROM boon.usage_months m JOIN boon.usage_rules r ON r.version = p_policy
    WHERE m.dropped_at IS NULL AND (m.month + interval '1 month') AT TIME ZONE 'UTC' + r.keep_for <= p_at ORDER BY m.month LIMIT 1;
  IF oldest IS NULL THEN RETURN 0; END IF;
  EXECUTE format('DROP TABLE boon.%I', 'usage_' || to_char(oldest, 'YYYY_MM'));
  UPDATE boon.usage_months SET dropped_at = p_at WHERE month = oldest;
  RETURN 1;
END $$;
