-- Redeems a reset just before it expired. The caller has locked its account. One that comes back for what happened since (the
-- weekly window ended, or everyone's windows were reset) is due at once. A window that counts from before it began is told
-- of as if it had begun then.
CREATE FUNCTION boon_code.redeem_as_of_last_moment(r boon.resets, p_policy text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moment constant timestamptz := boon_code.last_moment_of(r);
  request_id constant text := 'boon:last-moment/' || r.id;
  l boon.plan_rules;
  rules boon.reset_rules;
  f record;
  w record;
  moved boolean;
  ends_at timestamptz;
  come_back timestamptz;
BEGIN
  SELECT * INTO l FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = boon_code.redeeming_plan_at(r.account_id, moment);
  SELECT * INTO rules FROM boon.reset_rules x WHERE x.version = r.policy_version;
  SELECT x.* INTO f FROM boon_code.window_at(r.account_id, 'five_hour', moment) x ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  SELECT x.* INTO w FROM boon_code.window_at(r.account_id, 'weekly', moment) x ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  moved := w.number IS NOT NULL AND rules.moves_weekly_date;
  ends_at := w.started_at + boon_code.window_length('weekly');
  come_back := least(
    CASE WHEN NOT moved AND ends_at <= moment + rules.return_within THEN ends_at END,
    (SELECT min(e.effective_at) FROM boon.events e WHERE e.type = 'windows.restored' AND e.accounts @> ARRAY[r.account_id]
      AND e.effective_at >= moment AND e.effective_at <= moment + rules.return_within));
  UPDATE boon.resets x SET status = 'redeemed', redeemed_at = moment, return_at = come_back WHERE x.id = r.id;
  INSERT INTO boon.redemptions VALUES (r.account_id, request_id, r.id, moment, l.five_hour, coalesce(f.used, 0), least(f.started_at, f.counts_from),
    l.weekly, coalesce(w.used, 0), least(w.started_at, w.counts_from), moved);
  PERFORM boon_code.restore_window_at(r.account_id, 'five_hour', moment, r.id, true), boon_code.restore_window_at(r.account_id, 'weekly', moment, r.id, moved);
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, 'redeemed', request_id, moment);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('reset.redeemed', r.id::text, ARRAY[r.account_id], jsonb_build_object('reset_id', r.id::text, 'request_id', request_id), moment);
END $$;
