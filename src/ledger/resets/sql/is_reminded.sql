-- Whether a reset is reminded of so long before its expiry, by the rules it was banked under: where that is after it was
-- granted. One that goes on from another and begins on its last day is reminded of that at once, by the shortest
-- that it has missed.
CREATE FUNCTION boon_code.is_reminded(r boon.resets, p_before interval, p_reminders interval[]) RETURNS boolean LANGUAGE sql STABLE
  RETURN (r).expires_at - p_before > (r).granted_at OR ((r).from_reset IS NOT NULL AND p_before <= interval '1 day'
    AND p_before = (SELECT min(m) FROM unnest(p_reminders) m WHERE (r).expires_at - m <= (r).granted_at));
