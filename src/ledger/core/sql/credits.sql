-- Micro-credits as a canonical decimal string of credits.
CREATE FUNCTION boon_code.credits(micro bigint) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN trim_scale(micro::numeric / 1000000)::text;
