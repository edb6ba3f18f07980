CREATE FUNCTION boon_code.is_restored(w boon.usage_windows) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN coalesce((w).counts_from >= (w).started_at, false);
