-- A window with one more use in it; if it has run out, the one that opens with this use, whose number is p_seq.
CREATE FUNCTION boon_code.counted_in(w boon.usage_windows, p_account text, p_kind boon.window_kind, p_at timestamptz, p_amount bigint, p_seq bigint)
RETURNS boon.usage_windows LANGUAGE sql STABLE
  RETURN CASE WHEN (w).started_at + boon_code.window_length(p_kind) > p_at
    THEN ROW((w).account_id, (w).kind, (w).started_at, (w).used + p_amount, (w).restored_by, (w).since, (w).counts_from)::boon.usage_windows
    ELSE ROW(p_account, p_kind, p_at, p_amount, NULL, p_seq, NULL)::boon.usage_windows END;
