CREATE FUNCTION boon_code.letter_day() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '1 day';
