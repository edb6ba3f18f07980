CREATE FUNCTION boon_code.window_length(p_kind boon.window_kind) RETURNS interval LANGUAGE sql IMMUTABLE
  RETURN CASE p_kind WHEN 'five_hour' THEN interval '5 hours' ELSE interval '168 hours' END;
