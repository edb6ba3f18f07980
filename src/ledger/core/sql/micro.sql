-- A decimal string of credits as micro-credits.
CREATE FUNCTION boon_code.micro(credits text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN (credits::numeric * 1000000)::bigint;
