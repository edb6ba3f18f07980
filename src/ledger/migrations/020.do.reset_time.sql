-- What time does to banked resets: those not redeemed expire, or are redeemed at the last moment where their owner has
-- switched that on; those that a natural or a global reset made useless come back.
--
-- For a function that resets the windows of many accounts at once: after it has locked the accounts (ledger_accounts
-- in id order), it calls boon.return_resets(p_accounts text[], p_at timestamptz), which returns how many came back.

-- Whether what is about to expire is redeemed at the last moment.
ALTER TABLE boon.accounts ADD COLUMN auto_redeem boolean NOT NULL DEFAULT false;

-- Banks anew what became useless: the reset goes on as another with source `return`. It keeps its expiry, but is valid
-- for at least as long as it was useless, so that one redeemed at its last moment is of use again. Each at its moment.
CREATE FUNCTION boon.post_returns(p_resets bigint[], p_moments timestamptz[]) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  returned bigint;
BEGIN
  WITH useless AS MATERIALIZED (
    SELECT r.*, x.at, greatest(r.expires_at, x.at + p.return_within) AS valid_until, nextval('boon.resets_id_seq') AS new_id
    FROM unnest(p_resets, p_moments) x (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.resets y WHERE y.id = x.id OFFSET 0) r
    CROSS JOIN LATERAL (SELECT * FROM boon.reset_rules y WHERE y.version = r.policy_version OFFSET 0) p
  ), settled AS (
    UPDATE boon.resets r SET return_at = NULL FROM useless u WHERE r.id = u.id AND r.return_at IS NOT NULL
  ), banked AS (
    INSERT INTO boon.resets (id, account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset)
    OVERRIDING SYSTEM VALUE
    SELECT u.new_id, u.account_id, 'available', 'return', u.program, u.id::text, u.policy_version, u.at, u.valid_until, u.id FROM useless u
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT u.new_id, u.account_id, 'granted', u.id::text, u.at FROM useless u ORDER BY u.new_id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.granted', u.new_id::text, ARRAY[u.account_id], jsonb_build_object('reset_id', u.new_id::text, 'source', 'return',
      'program', u.program, 'expires_at', u.valid_until, 'from_reset', u.id::text), u.at FROM useless u ORDER BY u.new_id
  )
  SELECT count(*) INTO returned FROM useless;
  RETURN returned;
END $$;

-- A global reset at p_at: what these accounts have redeemed within `return_within` before it, or at that very moment,
-- comes back, each once. The caller has locked the accounts. Returns how many came back.
CREATE FUNCTION boon.return_resets(p_accounts text[], p_at timestamptz) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  useless bigint[] := ARRAY(
    SELECT r.id FROM unnest(p_accounts) a (id)
    CROSS JOIN LATERAL (SELECT x.reset_id, x.effective_at FROM boon.redemptions x WHERE x.account_id = a.id AND x.effective_at <= p_at OFFSET 0) d
    CROSS JOIN LATERAL (SELECT * FROM boon.resets x WHERE x.id = d.reset_id OFFSET 0) r
    CROSS JOIN LATERAL (SELECT * FROM boon.reset_rules x WHERE x.version = r.policy_version OFFSET 0) p
    WHERE d.effective_at + p.return_within >= p_at AND NOT EXISTS (SELECT FROM boon.resets x WHERE x.from_reset = r.id)
    ORDER BY r.id);
BEGIN
  RETURN boon.post_returns(useless, array_fill(p_at, ARRAY[cardinality(useless)]));
END $$;

-- The weekly windows that have ended by themselves by p_at: at most p_limit resets that come back for them, each with
-- effect from the end of its window. Returns how many.
CREATE FUNCTION boon.return_due_resets(p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.return_at <= p_at ORDER BY r.return_at, r.id LIMIT p_limit);
  useless bigint[];
  moments timestamptz[];
BEGIN
  -- Accounts are locked before what is theirs, in id order, as every writer does; then it is looked at again.
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT r.account_id FROM boon.resets r WHERE r.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT array_agg(r.id ORDER BY r.return_at, r.id), array_agg(r.return_at ORDER BY r.return_at, r.id) INTO useless, moments
    FROM boon.resets r WHERE r.id = ANY (due) AND r.return_at <= p_at;
  RETURN coalesce(boon.post_returns(useless, moments), 0);
END $$;

-- Posts the expiry of at most p_limit resets, the soonest first, each with effect from the moment it expired.
-- Returns how many.
CREATE FUNCTION boon.expire_resets(p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.status = 'available' AND r.expires_at <= p_at ORDER BY r.expires_at, r.id LIMIT p_limit);
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

-- How long before its expiry a reset counts as at its last moment: longer than two runs of the process are apart.
CREATE FUNCTION boon.last_moment() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '10 minutes';

-- At most p_limit resets of active accounts that have auto_redeem on, at their last moment, with something used: those
-- that are redeemed instead of expiring, after the one named by (p_expiry, p_reset). One that is looked at too late is
-- redeemed as of just before its expiry, if something was used by then.
CREATE FUNCTION boon.resets_at_last_moment(p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, expires_at timestamptz, at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.expires_at, m.at FROM boon.resets r
  JOIN boon.accounts a ON a.id = r.account_id AND a.auto_redeem AND a.status = 'active'
  CROSS JOIN LATERAL (SELECT least(p_at, r.expires_at - interval '1 millisecond') AS at) m
  WHERE r.status = 'available' AND r.expires_at <= p_at + boon.last_moment() AND (r.expires_at, r.id) > (p_expiry, p_reset)
    AND EXISTS (
      SELECT FROM boon.usage_windows w WHERE w.account_id = r.account_id AND w.used > 0
        AND w.started_at <= m.at AND w.started_at + boon.window_length(w.kind) > m.at)
  ORDER BY r.expires_at, r.id LIMIT p_limit
$$;

-- Redeems at most p_limit of them, one of an account: after it nothing is used. Returns how many, and where the next
-- page begins, or null at the end.
CREATE FUNCTION boon.redeem_expiring(p_policy text, p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int,
  OUT redeemed bigint, OUT next_expiry timestamptz, OUT next_reset bigint) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  requests json;
BEGIN
  SELECT json_agg(json_build_object('i', d.n, 'account_id', d.account_id, 'request_id', 'boon:last-moment/' || d.reset_id,
      'reset_id', d.reset_id, 'at', d.at, 'dry_run', false)),
    max(d.expires_at) FILTER (WHERE d.n = p_limit), max(d.reset_id) FILTER (WHERE d.n = p_limit) INTO requests, next_expiry, next_reset
  FROM boon.resets_at_last_moment(p_at, p_expiry, p_reset, p_limit) WITH ORDINALITY d (reset_id, account_id, expires_at, at, n);
  SELECT count(*) INTO redeemed FROM boon.redeem_resets(p_policy, coalesce(requests, '[]')) x WHERE x.outcome = 'reset' AND x.refused IS NULL;
END $$;

-- The first moment after p_after at which time changes a reset, or null: for a clock that jumps from one to the next.
CREATE FUNCTION boon.next_reset_moment(p_after timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(r.expires_at) FROM boon.resets r WHERE r.status = 'available' AND r.expires_at > p_after),
    (SELECT min(r.return_at) FROM boon.resets r WHERE r.return_at > p_after),
    (SELECT min(r.expires_at - boon.last_moment()) FROM boon.resets r JOIN boon.accounts a ON a.id = r.account_id AND a.auto_redeem
     WHERE r.status = 'available' AND r.expires_at > p_after + boon.last_moment()),
    (SELECT min(r.expires_at - b.before) FROM boon.resets r JOIN boon.reset_rules p ON p.version = r.policy_version
     CROSS JOIN LATERAL unnest(p.reminders) b (before)
     WHERE r.status = 'available' AND r.expires_at > p_after + b.before AND r.expires_at - b.before > r.granted_at))
$$;
