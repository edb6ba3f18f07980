-- Restores the window that was open at a moment of the past: it ends then, with what was used by then. What was used of it since
-- counts in another, which began at that moment where p_moves says so, else when the first began; it ends no later than the
-- first did, if that has ended. A window that began after the moment stays as it began, and counts what was used since the moment.
CREATE FUNCTION boon_code.restore_window_at(p_account text, p_kind boon.window_kind, p_at timestamptz, p_reset bigint, p_moves boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  then_open record;
  next constant bigint := nextval('boon.usage_seq');
  present boon.usage_windows;
  whole bigint;
  begins timestamptz;
BEGIN
  SELECT x.* INTO then_open FROM boon_code.window_at(p_account, p_kind, p_at) x ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT w.* INTO present FROM boon.usage_windows w WHERE w.account_id = p_account AND w.kind = p_kind;
  begins := CASE WHEN p_moves THEN greatest(p_at, then_open.started_at) ELSE then_open.started_at END;
  IF present.since = then_open.number THEN
    whole := present.used;
    UPDATE boon.usage_windows w SET since = next, used = w.used - then_open.used, counts_from = p_at, restored_by = p_reset, started_at = begins
      WHERE w.account_id = p_account AND w.kind = p_kind;
    INSERT INTO boon.past_windows VALUES (p_account, p_kind, then_open.number, then_open.started_at, then_open.counts_from, p_at, then_open.used,
      boon_code.is_restored(present), present.restored_by);
  ELSE
    SELECT p.used INTO whole FROM boon.past_windows p WHERE p.account_id = p_account AND p.kind = p_kind AND p.number = then_open.number;
    INSERT INTO boon.past_windows VALUES (p_account, p_kind, next, begins, p_at, then_open.ended_at, whole - then_open.used, true, p_reset);
    UPDATE boon.past_windows p SET ended_at = p_at, used = then_open.used WHERE p.account_id = p_account AND p.kind = p_kind AND p.number = then_open.number;
  END IF;
  INSERT INTO boon.window_splits VALUES (p_account, p_kind, then_open.number, p_at, next, then_open.used, whole - then_open.used);
END $$;
