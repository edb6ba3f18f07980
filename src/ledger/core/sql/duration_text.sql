CREATE FUNCTION boon_code.duration_text(d interval) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN d::text;
