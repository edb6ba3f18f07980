-- Windows that have ended: a use that is told late counts in the one that was open at its moment.

-- From when on the window counts: null is since it began. One that was restored counts from then on, whether or not it
-- began anew; one in which uses of shortly before count, too, from the first of them on.
ALTER TABLE boon.usage_windows ADD COLUMN counts_from timestamptz;

-- The windows (by number, boon.usage_windows.since) that the plan's part counted in, or would have; and what was answered
-- of the account's windows where those are others.
ALTER TABLE boon.usage ADD COLUMN five_hour_window bigint, ADD COLUMN weekly_window bigint, ADD COLUMN shown jsonb;

-- Each counted from `counts_from` to before `ended_at`: until it had run out, or was restored. Of one account and kind no
-- two overlap, and the one in boon.usage_windows is the latest. Kept for as long as a use may be told late.
CREATE TABLE boon.past_windows (
  account_id text COLLATE "C" NOT NULL,
  kind boon.window_kind NOT NULL,
  number bigint NOT NULL,
  started_at timestamptz NOT NULL,
  counts_from timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  used bigint NOT NULL,
  -- Whether it began by being restored, and by which reset; by none where a campaign did it.
  restored boolean NOT NULL,
  restored_by bigint,
  PRIMARY KEY (account_id, kind, number),
  CONSTRAINT past_window_is_sound CHECK (used >= 0 AND ended_at >= counts_from)
) WITH (fillfactor = 85);
CREATE INDEX past_windows_by_time ON boon.past_windows (account_id, kind, counts_from);

-- Since when a window counts, and whether it began by being restored.
CREATE FUNCTION boon.counts_from(w boon.usage_windows) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN coalesce((w).counts_from, (w).started_at);
CREATE FUNCTION boon.is_restored(w boon.usage_windows) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN coalesce((w).counts_from >= (w).started_at, false);

-- A window as it becomes one of the past when it is restored, or the next one begins, at p_next.
CREATE FUNCTION boon.past_window(w boon.usage_windows, p_next timestamptz) RETURNS boon.past_windows LANGUAGE sql STABLE
  RETURN ROW((w).account_id, (w).kind, (w).since, (w).started_at, boon.counts_from(w),
    greatest(boon.counts_from(w), least((w).started_at + boon.window_length((w).kind), p_next)), (w).used, boon.is_restored(w), (w).restored_by)::boon.past_windows;

-- Keeps a window that ends, and forgets those that no use can be told of any more: a policy accepts uses a week late at most.
CREATE FUNCTION boon.end_window(w boon.usage_windows, p_next timestamptz, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  DELETE FROM boon.past_windows p WHERE p.account_id = w.account_id AND p.kind = w.kind AND p.ended_at < p_now - interval '8 days';
  INSERT INTO boon.past_windows SELECT (boon.past_window(w, p_next)).*;
$$;

-- The window that a use of before w counts from counts in: the one that was open then. If none was, one begins with the
-- use (its number is null until then) and ends where the next one begins. But where it would not have run out when the
-- next one began, the use counts in that one, which from then on counts from the use on: told in time, it had been one
-- window, and none is full again for being told late. A window that was restored counts nothing of before. Null is w.
CREATE FUNCTION boon.window_before(w boon.usage_windows, p_at timestamptz) RETURNS boon.past_windows LANGUAGE plpgsql STABLE AS $$
DECLARE
  length constant interval := boon.window_length(w.kind);
  p boon.past_windows;
BEGIN
  SELECT x.* INTO p FROM boon.past_windows x WHERE x.account_id = w.account_id AND x.kind = w.kind AND x.counts_from <= p_at AND x.ended_at > p_at
    ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  IF FOUND THEN RETURN p; END IF;
  SELECT x.* INTO p FROM boon.past_windows x WHERE x.account_id = w.account_id AND x.kind = w.kind AND x.counts_from > p_at AND x.counts_from <= boon.counts_from(w)
    ORDER BY x.counts_from, x.number LIMIT 1;
  IF NOT FOUND THEN p := boon.past_window(w, NULL); END IF;
  IF p.restored OR p_at + length <= p.started_at THEN
    RETURN (w.account_id, w.kind, NULL, p_at, p_at, least(p_at + length, p.counts_from), 0, false, NULL)::boon.past_windows;
  END IF;
  IF p.number = w.since THEN RETURN NULL; END IF;
  p.counts_from := p_at;
  RETURN p;
END $$;

-- Counts a use in a window of the past, which may begin with it.
CREATE FUNCTION boon.count_in_past(p boon.past_windows, p_amount bigint, p_seq bigint) RETURNS boon.past_windows LANGUAGE plpgsql AS $$
BEGIN
  p.used := p.used + p_amount;
  IF p.number IS NULL THEN
    p.number := p_seq;
    INSERT INTO boon.past_windows SELECT p.*;
  ELSE
    UPDATE boon.past_windows x SET used = p.used, counts_from = p.counts_from WHERE x.account_id = p.account_id AND x.kind = p.kind AND x.number = p.number;
  END IF;
  RETURN p;
END $$;

-- The window of an account that was open at a moment, and what uses of up to that moment had used of it; no row where
-- none was.
CREATE FUNCTION boon.window_at(p_account text, p_kind boon.window_kind, p_at timestamptz)
RETURNS TABLE (number bigint, started_at timestamptz, counts_from timestamptz, ended_at timestamptz, used bigint, restored_by bigint) LANGUAGE sql STABLE AS $$
  SELECT x.number, x.started_at, x.counts_from, x.ended_at, coalesce((
      SELECT sum(u.plan_part) FROM boon.usage u WHERE u.account_id = p_account AND u.at <= p_at AND u.at >= x.started_at - interval '7 days'
        AND CASE p_kind WHEN 'weekly' THEN u.weekly_window ELSE u.five_hour_window END = x.number), 0)::bigint, x.restored_by
  FROM (
    SELECT (boon.past_window(w, NULL)).* FROM boon.usage_windows w WHERE w.account_id = p_account AND w.kind = p_kind
    UNION ALL
    SELECT p.* FROM boon.past_windows p WHERE p.account_id = p_account AND p.kind = p_kind) x
  WHERE x.counts_from <= p_at AND x.ended_at > p_at
$$;

-- A window with one more use in it; if it has run out, the one that opens with this use, whose number is p_seq.
CREATE OR REPLACE FUNCTION boon.counted_in(w boon.usage_windows, p_length interval, p_account text, p_kind boon.window_kind, p_at timestamptz, p_amount bigint, p_seq bigint)
RETURNS boon.usage_windows LANGUAGE sql STABLE
  RETURN CASE WHEN (w).started_at + p_length > p_at
    THEN ROW((w).account_id, (w).kind, (w).started_at, (w).used + p_amount, (w).restored_by, (w).since, (w).counts_from)::boon.usage_windows
    ELSE ROW(p_account, p_kind, p_at, p_amount, NULL, p_seq, NULL)::boon.usage_windows END;

-- Restores the open windows of accounts as a redemption does: the 5-hour window begins anew, the weekly one where the
-- policy moves its date. What was used before stays countable for uses that are told late.
CREATE OR REPLACE FUNCTION boon.restore_windows_of(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (
    INSERT INTO boon.past_windows SELECT (boon.past_window(w, p_at)).* FROM unnest(p_accounts) AS u (id) JOIN boon.usage_windows w ON w.account_id = u.id
  ), restored AS (
    UPDATE boon.usage_windows w SET used = 0, restored_by = NULL, since = nextval('boon.usage_seq'), counts_from = greatest(p_at, boon.counts_from(w)),
      started_at = CASE WHEN w.started_at + boon.window_length(w.kind) > p_at AND (w.kind = 'five_hour' OR r.moves_weekly_date)
        THEN p_at ELSE w.started_at END
    FROM unnest(p_accounts) AS u (id), boon.reset_rules r WHERE w.account_id = u.id AND r.version = c.policy_version
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'windows.restored', c.id, ARRAY[u.id], jsonb_build_object('campaign', c.id, 'reason', c.reason), p_at FROM unnest(p_accounts) AS u (id)
$$;

-- What is known of windows that had ended, under negative numbers, for uses do not name theirs: those that redemptions restored say so themselves, those that ran out are told
-- of by the last use that they counted.
UPDATE boon.usage_windows w SET counts_from = greatest(d.effective_at, w.started_at) FROM boon.redemptions d
  WHERE d.account_id = w.account_id AND d.reset_id = w.restored_by;

INSERT INTO boon.past_windows
SELECT x.account_id, x.kind, -nextval('boon.usage_seq'), x.started_at, x.started_at, greatest(x.started_at, least(x.started_at + boon.window_length(x.kind), x.ended_at)),
  x.used, false, NULL
FROM (
  SELECT DISTINCT ON (o.account_id, o.kind, o.started_at) o.* FROM (
    SELECT d.account_id, k.*, d.effective_at AS ended_at FROM boon.redemptions d CROSS JOIN LATERAL (VALUES
      ('five_hour'::boon.window_kind, d.five_hour_started_at, d.five_hour_used), ('weekly', d.weekly_started_at, d.weekly_used)) k (kind, started_at, used)
    UNION ALL
    (SELECT DISTINCT ON (u.account_id, k.kind, k.started_at) u.account_id, k.*, NULL FROM boon.usage u CROSS JOIN LATERAL (VALUES
      ('five_hour'::boon.window_kind, u.five_hour_started_at, u.five_hour_used), ('weekly', u.weekly_started_at, u.weekly_used)) k (kind, started_at, used)
    WHERE u.at > (SELECT max(y.at) - interval '15 days' FROM boon.usage y) AND u.plan_part > 0
      AND NOT EXISTS (SELECT FROM boon.usage_windows w WHERE w.account_id = u.account_id AND w.kind = k.kind AND w.started_at <= k.started_at)
    ORDER BY u.account_id, k.kind, k.started_at, u.seq DESC)) o
  ORDER BY o.account_id, o.kind, o.started_at, o.ended_at DESC NULLS LAST) x
WHERE x.started_at IS NOT NULL AND x.started_at > (SELECT max(y.at) - interval '15 days' FROM boon.usage y);
