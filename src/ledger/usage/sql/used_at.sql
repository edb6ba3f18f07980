-- What of a window counts at a moment: nothing of one that has run out by then.
CREATE FUNCTION boon_code.used_at(w boon.usage_windows, p_kind boon.window_kind, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE
  RETURN CASE WHEN (w).started_at + boon_code.window_length(p_kind) > p_at THEN (w).used ELSE 0 END;
