-- How long an item waits after so many tries: a minute, doubled each time, at most an hour.
CREATE FUNCTION boon_code.stuck_pause(p_tries int) RETURNS interval LANGUAGE sql IMMUTABLE
RETURN least(interval '1 minute' * 2 ^ (least(p_tries, 7) - 1), interval '1 hour');
