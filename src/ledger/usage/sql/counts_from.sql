-- Since when a window counts, and whether it began by being restored.
CREATE FUNCTION boon_code.counts_from(w boon.usage_windows) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN coalesce((w).counts_from, (w).started_at);
