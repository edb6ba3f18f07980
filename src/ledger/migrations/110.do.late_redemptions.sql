-- Automatic redemption that runs late acts at the last moment of the reset, by what was then: the windows that were open,
-- what was used of them by then, and what the account was.

-- Whether the owner had switched automatic redemption on; null in rows of earlier versions: as it is now.
ALTER TABLE boon.account_history ADD COLUMN auto_redeem boolean;

CREATE OR REPLACE FUNCTION boon.keep_account_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state_since := greatest(NEW.updated_at, OLD.state_since);
  INSERT INTO boon.account_history (account_id, since, until, kind, plan, status, org_id, use_credits, spending_limit, pool_limit, billing,
    invoice_ceiling, billing_day, auto_redeem)
  VALUES (OLD.id, coalesce(OLD.state_since, '-infinity'), NEW.state_since, OLD.kind, OLD.plan, OLD.status, OLD.org_id, OLD.use_credits,
    OLD.spending_limit, OLD.pool_limit, OLD.billing, OLD.invoice_ceiling, OLD.billing_day, OLD.auto_redeem);
  RETURN NEW;
END $$;

DROP TRIGGER keep_account_state ON boon.accounts;
CREATE TRIGGER keep_account_state BEFORE UPDATE ON boon.accounts FOR EACH ROW
  WHEN ((OLD.kind, OLD.plan, OLD.status, OLD.org_id, OLD.use_credits, OLD.spending_limit, OLD.pool_limit, OLD.billing, OLD.invoice_ceiling, OLD.billing_day,
      OLD.auto_redeem)
    IS DISTINCT FROM (NEW.kind, NEW.plan, NEW.status, NEW.org_id, NEW.use_credits, NEW.spending_limit, NEW.pool_limit, NEW.billing, NEW.invoice_ceiling,
      NEW.billing_day, NEW.auto_redeem))
  EXECUTE FUNCTION boon.keep_account_state();

-- A window that was restored at a moment of the past: its uses of after that moment, which named it, count in another from
-- then on. One row for each; a window may be split again, before or after.
CREATE TABLE boon.window_splits (
  account_id text COLLATE "C" NOT NULL,
  kind boon.window_kind NOT NULL,
  number bigint NOT NULL,
  at timestamptz NOT NULL,
  -- The window in which uses after `at` count.
  next bigint NOT NULL,
  -- What was left in the one and went over to the other.
  kept bigint NOT NULL,
  moved bigint NOT NULL,
  PRIMARY KEY (account_id, kind, number, at),
  CONSTRAINT split_is_sound CHECK (kept >= 0 AND moved >= 0 AND next > number)
);
SELECT boon.make_append_only('boon.window_splits');

-- The window in which a use counts that named window p_number: that one, unless it was split before the use.
CREATE FUNCTION boon.window_of(p_account text, p_kind boon.window_kind, p_number bigint, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_in bigint := p_number;
  further bigint;
BEGIN
  LOOP
    SELECT s.next INTO further FROM boon.window_splits s
      WHERE s.account_id = p_account AND s.kind = p_kind AND s.number = found_in AND s.at < p_at ORDER BY s.at DESC LIMIT 1;
    IF NOT FOUND THEN RETURN found_in; END IF;
    found_in := further;
  END LOOP;
END $$;

-- The window of an account that was open at a moment, and what uses of up to that moment had used of it; no row where
-- none was.
CREATE OR REPLACE FUNCTION boon.window_at(p_account text, p_kind boon.window_kind, p_at timestamptz)
RETURNS TABLE (number bigint, started_at timestamptz, counts_from timestamptz, ended_at timestamptz, used bigint, restored_by bigint) LANGUAGE sql STABLE AS $$
  SELECT x.number, x.started_at, x.counts_from, x.ended_at, coalesce((
      SELECT sum(u.plan_part) FROM boon.usage u
      CROSS JOIN LATERAL (SELECT CASE p_kind WHEN 'weekly' THEN u.weekly_window ELSE u.five_hour_window END AS named) n
      WHERE u.account_id = p_account AND u.at <= p_at AND u.at >= x.started_at - interval '7 days'
        AND (n.named = x.number OR n.named < x.number AND EXISTS (SELECT FROM boon.window_splits s
          WHERE s.account_id = p_account AND s.kind = p_kind AND s.number = n.named AND s.at < u.at))
        AND boon.window_of(p_account, p_kind, n.named, u.at) = x.number), 0)::bigint, x.restored_by
  FROM (
    SELECT (boon.past_window(w, NULL)).* FROM boon.usage_windows w WHERE w.account_id = p_account AND w.kind = p_kind
    UNION ALL
    SELECT p.* FROM boon.past_windows p WHERE p.account_id = p_account AND p.kind = p_kind) x
  WHERE x.counts_from <= p_at AND x.ended_at > p_at
$$;

-- Restores the window that was open at a moment of the past: it ends then, with what was used by then. What was used of it
-- since counts in another, which began at that moment where p_moves says so, else when the first began. It ends no later
-- than the first did, if that has ended.
CREATE FUNCTION boon.restore_window_at(p_account text, p_kind boon.window_kind, p_at timestamptz, p_reset bigint, p_moves boolean) RETURNS void LANGUAGE plpgsql AS $$
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
      started_at = CASE WHEN p_moves THEN p_at ELSE w.started_at END WHERE w.account_id = p_account AND w.kind = p_kind;
    INSERT INTO boon.past_windows VALUES (p_account, p_kind, then_open.number, then_open.started_at, then_open.counts_from, p_at, then_open.used,
      boon.is_restored(present), present.restored_by);
  ELSE
    SELECT p.used INTO whole FROM boon.past_windows p WHERE p.account_id = p_account AND p.kind = p_kind AND p.number = then_open.number;
    INSERT INTO boon.past_windows VALUES (p_account, p_kind, next, CASE WHEN p_moves THEN p_at ELSE then_open.started_at END, p_at, then_open.ended_at,
      whole - then_open.used, true, p_reset);
    UPDATE boon.past_windows p SET ended_at = p_at, used = then_open.used WHERE p.account_id = p_account AND p.kind = p_kind AND p.number = then_open.number;
  END IF;
  INSERT INTO boon.window_splits VALUES (p_account, p_kind, then_open.number, p_at, next, then_open.used, whole - then_open.used);
END $$;

-- What an account was at a moment, as far as automatic redemption asks: its plan, or null unless it was active with automatic redemption on.
CREATE FUNCTION boon.redeeming_plan_at(p_account text, p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN h.account_id IS NULL THEN CASE WHEN a.status = 'active' AND a.auto_redeem THEN a.plan END
              WHEN h.status = 'active' AND coalesce(h.auto_redeem, a.auto_redeem) AND a.status <> 'closed' THEN h.plan END
  FROM boon.accounts a CROSS JOIN LATERAL boon.account_at(a.id, p_at) h WHERE a.id = p_account
$$;

-- The moment just before a reset expires, at which one that is looked at too late is redeemed.
CREATE FUNCTION boon.last_moment_of(r boon.resets) RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN (r).expires_at - interval '1 millisecond';

-- Whether a reset that has expired was to be redeemed just before, and is not yet: it was there, the account was active and
-- had this switched on, and something was used that its plan limits.
CREATE FUNCTION boon.was_to_be_redeemed(r boon.resets, p_policy text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM boon.plan_rules l
    CROSS JOIN (VALUES ('five_hour'::boon.window_kind), ('weekly')) k (kind)
    CROSS JOIN LATERAL boon.window_at((r).account_id, k.kind, boon.last_moment_of(r)) w
    WHERE l.version = p_policy AND l.plan = boon.redeeming_plan_at((r).account_id, boon.last_moment_of(r)) AND w.used > 0
      AND CASE k.kind WHEN 'weekly' THEN l.weekly ELSE l.five_hour END IS NOT NULL)
    AND (r).granted_at <= boon.last_moment_of(r)
$$;

-- Redeems a reset just before it expired. The caller has locked its account. One that comes back for what happened since
-- (the weekly window ended, or everyone's windows were reset) is due at once.
CREATE FUNCTION boon.redeem_as_of_last_moment(r boon.resets, p_policy text) RETURNS void LANGUAGE plpgsql AS $$
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
  INSERT INTO boon.redemptions VALUES (r.account_id, request_id, r.id, moment, l.five_hour, coalesce(f.used, 0), f.started_at,
    l.weekly, coalesce(w.used, 0), w.started_at, moved);
  PERFORM boon.restore_window_at(r.account_id, 'five_hour', moment, r.id, true), boon.restore_window_at(r.account_id, 'weekly', moment, r.id, moved);
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (r.id, r.account_id, 'redeemed', request_id, moment);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('reset.redeemed', r.id::text, ARRAY[r.account_id], jsonb_build_object('reset_id', r.id::text, 'request_id', request_id), moment);
END $$;

-- At most p_limit resets that are at their last moment, or were and are still to be had, of accounts that have auto_redeem
-- on, or had it then, with something used: those that are redeemed instead of expiring, after the one named by
-- (p_expiry, p_reset). One that is looked at too late is redeemed as of just before its expiry.
DROP FUNCTION boon.resets_at_last_moment(timestamptz, timestamptz, bigint, int);
CREATE FUNCTION boon.resets_at_last_moment(p_policy text, p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, expires_at timestamptz, late boolean) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.expires_at, r.expires_at <= p_at FROM boon.resets r
  JOIN boon.accounts a ON a.id = r.account_id
  WHERE r.status = 'available' AND r.expires_at <= p_at + boon.last_moment() AND (r.expires_at, r.id) > (p_expiry, p_reset)
    AND CASE WHEN r.expires_at <= p_at THEN (a.auto_redeem OR a.state_since > boon.last_moment_of(r)) AND boon.was_to_be_redeemed(r, p_policy)
      ELSE a.auto_redeem AND a.status = 'active' AND EXISTS (
        SELECT FROM boon.usage_windows w WHERE w.account_id = r.account_id AND w.used > 0
          AND w.started_at <= p_at AND w.started_at + boon.window_length(w.kind) > p_at) END
    AND NOT boon.is_aside('redemptions', r.id::text, p_at)
  ORDER BY r.expires_at, r.id LIMIT p_limit
$$;

-- Redeems at most p_limit of them; of those of one account that are at their last moment only one: after it nothing is used.
-- Returns how many, and where the next page begins, or null at the end.
CREATE OR REPLACE FUNCTION boon.redeem_expiring(p_policy text, p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int,
  OUT redeemed bigint, OUT next_expiry timestamptz, OUT next_reset bigint) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  resets bigint[];
  requests json;
  was_late bigint[];
  r boon.resets;
  in_time bigint;
BEGIN
  SELECT array_agg(d.reset_id), array_agg(d.reset_id ORDER BY d.n) FILTER (WHERE d.late),
    json_agg(json_build_object('i', d.n, 'account_id', d.account_id, 'request_id', 'boon:last-moment/' || d.reset_id,
      'reset_id', d.reset_id, 'at', p_at, 'dry_run', false)) FILTER (WHERE NOT d.late),
    max(d.expires_at) FILTER (WHERE d.n = p_limit), max(d.reset_id) FILTER (WHERE d.n = p_limit) INTO resets, was_late, requests, next_expiry, next_reset
  FROM boon.resets_at_last_moment(p_policy, p_at, p_expiry, p_reset, p_limit) WITH ORDINALITY d (reset_id, account_id, expires_at, late, n);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT x.account_id FROM boon.resets x WHERE x.id = ANY (resets)) ORDER BY a.id FOR UPDATE;
  redeemed := 0;
  -- One after the other: what the one restores, the next finds restored.
  FOR r IN SELECT x.* FROM boon.resets x WHERE x.id = ANY (was_late) ORDER BY x.expires_at, x.id LOOP
    CONTINUE WHEN r.status <> 'available' OR NOT boon.was_to_be_redeemed(r, p_policy);
    PERFORM boon.redeem_as_of_last_moment(r, p_policy);
    redeemed := redeemed + 1;
  END LOOP;
  SELECT count(*) INTO in_time FROM boon.redeem_resets(p_policy, coalesce(requests, '[]')) x WHERE x.outcome = 'reset' AND x.refused IS NULL;
  redeemed := redeemed + in_time;
END $$;

-- Whether the expiry of a reset is to be posted: it was not to be redeemed just before.
CREATE FUNCTION boon.is_expiry_due(r boon.resets, p_policy text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT (r).status = 'available' AND (r).expires_at <= p_at AND NOT (
    EXISTS (SELECT FROM boon.accounts a WHERE a.id = (r).account_id AND (a.auto_redeem OR a.state_since > boon.last_moment_of(r)))
    AND boon.was_to_be_redeemed(r, p_policy))
$$;

-- Posts the expiry of at most p_limit resets, the soonest first, each with effect from the moment it expired. Those that
-- were to be redeemed just before are left to boon.redeem_expiring. Returns how many.
DROP FUNCTION boon.expire_resets(timestamptz, int);
CREATE FUNCTION boon.expire_resets(p_policy text, p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.status = 'available' AND r.expires_at <= p_at AND boon.is_expiry_due(r, p_policy, p_at)
    AND NOT boon.is_aside('reset_expiries', r.id::text, p_at) ORDER BY r.expires_at, r.id LIMIT p_limit);
  expired bigint;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT r.account_id FROM boon.resets r WHERE r.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  WITH lapsed AS (
    UPDATE boon.resets r SET status = 'expired' WHERE r.id = ANY (due) AND r.status = 'available' AND r.expires_at <= p_at
    RETURNING r.id, r.account_id, r.expires_at
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT x.id, x.account_id, 'expired', x.id::text, x.expires_at FROM lapsed x ORDER BY x.expires_at, x.id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.expired', x.id::text, ARRAY[x.account_id], jsonb_build_object('reset_id', x.id::text), x.expires_at
    FROM lapsed x ORDER BY x.expires_at, x.id
  )
  SELECT count(*) INTO expired FROM lapsed;
  RETURN expired;
END $$;
