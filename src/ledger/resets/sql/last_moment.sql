-- How long before its expiry a reset counts as at its last moment: longer than two runs of the process are apart.
CREATE FUNCTION boon_code.last_moment() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '10 minutes';
