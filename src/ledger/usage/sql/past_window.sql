-- A window as it becomes one of the past when it is restored, or the next one begins, at p_next.
CREATE FUNCTION boon_code.past_window(w boon.usage_windows, p_next timestamptz) RETURNS boon.past_windows LANGUAGE sql STABLE
  RETURN ROW((w).account_id, (w).kind, (w).since, (w).started_at, boon_code.counts_from(w),
    greatest(boon_code.counts_from(w), least((w).started_at + boon_code.window_length((w).kind), p_next)), (w).used, boon_code.is_restored(w), (w).restored_by)::boon.past_windows;
