-- How long a number that nobody has written is looked for at least. Transactions that write live for minutes at most.
CREATE FUNCTION boon_code.gaps_are_watched_for() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '1 hour';
