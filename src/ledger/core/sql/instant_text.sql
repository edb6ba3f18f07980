-- A moment as sentences name it: to the millisecond where it is no whole second, for half a second before it the second has passed.
CREATE FUNCTION boon_code.instant_text(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN to_char(t AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', t AT TIME ZONE 'UTC') = t AT TIME ZONE 'UTC' THEN 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
                                            ELSE 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"' END);
