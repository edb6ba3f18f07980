-- What of a window counts at a moment: nothing of one that has run out by then.
CREATE FUNCTION boon_code.used_at(w boon.usage_windows, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE
  RETURN CASE WHEN boon_code.runs_out(w) > p_at THEN (w).used ELSE 0 END;
