-- A redemption that comes late finds windows that were opened only after its moment, and that count uses of before, which were told later
-- still: they had begun by then, with the first of those uses.

-- When a window had begun that was open at p_at: one that opened later began with the first of the uses that it counts.
CREATE FUNCTION boon.began_at(p_started_at timestamptz, p_counts_from timestamptz, p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN p_started_at > p_at THEN p_counts_from ELSE p_started_at END;

-- Restores the window that was open at a moment of the past: it ends then, with what was used by then. What was used of it
-- since counts in another, which began at that moment where p_moves says so, else when the first began. It ends no later
-- than the first did, if that has ended. One that opened only later begins with the restoration.
CREATE OR REPLACE FUNCTION boon.restore_window_at(p_account text, p_kind boon.window_kind, p_at timestamptz, p_reset bigint, p_moves boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  then_open record;
  next constant bigint := nextval('boon.usage_seq');
  present boon.usage_windows;
  whole bigint;
BEGIN
  SELECT x.* INTO then_open FROM boon.window_at(p_account, p_kind, p_at) x ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT w.* INTO present FROM boon.usage_windows w WHERE w.account_id = p_account AND w.kind = p_kind;
  IF present.since = then_open.number THEN
    whole := present.used;
    UPDATE boon.usage_windows w SET since = next, used = w.used - then_open.used, counts_from = p_at, restored_by = p_reset,
      started_at = CASE WHEN p_moves THEN p_at ELSE least(w.started_at, p_at) END WHERE w.account_id = p_account AND w.kind = p_kind;
    INSERT INTO boon.past_windows VALUES (p_account, p_kind, then_open.number, then_open.started_at, then_open.counts_from, p_at, then_open.used,
      boon.is_restored(present), present.restored_by);
  ELSE
    SELECT p.used INTO whole FROM boon.past_windows p WHERE p.account_id = p_account AND p.kind = p_kind AND p.number = then_open.number;
    INSERT INTO boon.past_windows VALUES (p_account, p_kind, next, CASE WHEN p_moves THEN p_at ELSE least(then_open.started_at, p_at) END, p_at, then_open.ended_at,
      whole - then_open.used, true, p_reset);
    UPDATE boon.past_windows p SET ended_at = p_at, used = then_open.used WHERE p.account_id = p_account AND p.kind = p_kind AND p.number = then_open.number;
  END IF;
  INSERT INTO boon.window_splits VALUES (p_account, p_kind, then_open.number, p_at, next, then_open.used, whole - then_open.used);
END $$;

-- Redeems a reset just before it expired. The caller has locked its account. One that comes back for what happened since
-- (the weekly window ended, or everyone's windows were reset) is due at once.
CREATE OR REPLACE FUNCTION boon.redeem_as_of_last_moment(r boon.resets, p_policy text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moment constant timestamptz := boon.last_moment_of(r);
  request_id constant text := 'boon:last-moment/' || r.id;
  l boon.plan_rules;
  rules boon.reset_rules;
  f record;
  w record;
  moved boolean;
  ends_at timestamptz;
  come_back timestamptz;
BEGIN
  SELECT * INTO l FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = boon.redeeming_plan_at(r.account_id, moment);
  SELECT * INTO rules FROM boon.reset_rules x WHERE x.version = r.policy_version;
  SELECT x.* INTO f FROM boon.window_at(r.account_id, 'five_hour', moment) x ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  SELECT x.* INTO w FROM boon.window_at(r.account_id, 'weekly', moment) x ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  moved := w.number IS NOT NULL AND rules.moves_weekly_date;
  ends_at := w.started_at + boon.window_length('weekly');
  come_back := least(
    CASE WHEN NOT moved AND ends_at <= moment + rules.return_within THEN ends_at END,
    (SELECT min(e.effective_at) FROM boon.events e WHERE e.type = 'windows.restored' AND e.accounts @> ARRAY[r.account_id]
      AND e.effective_at >= moment AND e.effective_at <= moment + rules.return_within));
  UPDATE boon.resets x SET status = 'redeemed', redeemed_at = moment, return_at = come_back WHERE x.id = r.id;
  INSERT INTO boon.redemptions VALUES (r.account_id, request_id, r.id, moment, l.five_hour, coalesce(f.used, 0),
    boon.began_at(f.started_at, f.counts_from, moment),
    l.weekly, coalesce(w.used, 0), boon.began_at(w.started_at, w.counts_from, moment), moved);
  PERFORM boon.restore_window_at(r.account_id, 'five_hour', moment, r.id, true), boon.restore_window_at(r.account_id, 'weekly', moment, r.id, moved);
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, 'redeemed', request_id, moment);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('reset.redeemed', r.id::text, ARRAY[r.account_id], jsonb_build_object('reset_id', r.id::text, 'request_id', request_id), moment);
END $$;
