-- When a window runs out by itself.
CREATE FUNCTION boon_code.runs_out(w boon.usage_windows) RETURNS timestamptz LANGUAGE sql STABLE
  RETURN (w).started_at + boon_code.window_length((w).kind);
