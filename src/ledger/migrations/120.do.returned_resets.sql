-- Resets that come back, and clocks that differ.

-- Of one that came back: when that was done, which may be after it took effect; null in rows of earlier versions.
ALTER TABLE boon.resets ADD COLUMN posted_at timestamptz;

DROP FUNCTION boon.post_returns(bigint[], timestamptz[]);
-- Banks anew what became useless: the reset goes on as another with source `return`, each with effect from its moment. It
-- keeps its expiry, but is valid for at least as long as it was useless, counted from when it can be had again (p_at): so one
-- redeemed at its last moment is of use again, also when this comes late. One whose purchase was refunded meanwhile, or whose
-- reward was taken back, is revoked at once.
CREATE FUNCTION boon.post_returns(p_resets bigint[], p_moments timestamptz[], p_at timestamptz) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  returned bigint;
  again bigint[];
BEGIN
  WITH useless AS MATERIALIZED (
    SELECT r.*, x.at, greatest(r.expires_at, x.at + p.return_within, p_at + p.return_within) AS valid_until, nextval('boon.resets_id_seq') AS new_id
    FROM unnest(p_resets, p_moments) x (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.resets y WHERE y.id = x.id OFFSET 0) r
    CROSS JOIN LATERAL (SELECT * FROM boon.reset_rules y WHERE y.version = r.policy_version OFFSET 0) p
  ), settled AS (
    UPDATE boon.resets r SET return_at = NULL FROM useless u WHERE r.id = u.id AND r.return_at IS NOT NULL
  ), banked AS (
    INSERT INTO boon.resets (id, account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset, posted_at)
    OVERRIDING SYSTEM VALUE
    SELECT u.new_id, u.account_id, 'available', 'return', u.program, u.id::text, u.policy_version, u.at, u.valid_until, u.id, greatest(u.at, p_at) FROM useless u
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT u.new_id, u.account_id, 'granted', u.id::text, u.at FROM useless u ORDER BY u.new_id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.granted', u.new_id::text, ARRAY[u.account_id], jsonb_build_object('reset_id', u.new_id::text, 'source', 'return',
      'program', u.program, 'expires_at', u.valid_until, 'from_reset', u.id::text), u.at FROM useless u ORDER BY u.new_id
  )
  SELECT count(*), array_agg(u.new_id) INTO returned, again FROM useless u;
  PERFORM boon.resets_came(again, greatest(p_at, (SELECT max(m) FROM unnest(p_moments) m)));
  RETURN returned;
END $$;

-- A global reset at p_at: what these accounts have redeemed within `return_within` before it, or at that very moment,
-- comes back, each once. The caller has locked the accounts. Returns how many came back.
CREATE OR REPLACE FUNCTION boon.return_resets(p_accounts text[], p_at timestamptz) RETURNS bigint LANGUAGE plpgsql
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
  RETURN boon.post_returns(useless, array_fill(p_at, ARRAY[cardinality(useless)]), p_at);
END $$;

-- The weekly windows that have ended by themselves by p_at: at most p_limit resets that come back for them, each with
-- effect from the end of its window. Returns how many.
CREATE OR REPLACE FUNCTION boon.return_due_resets(p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.return_at <= p_at
    AND NOT boon.is_aside('reset_returns', r.id::text, p_at) ORDER BY r.return_at, r.id LIMIT p_limit);
  useless bigint[];
  moments timestamptz[];
BEGIN
  -- Accounts are locked before what is theirs, in id order, as every writer does; then it is looked at again.
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT r.account_id FROM boon.resets r WHERE r.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT array_agg(r.id ORDER BY r.return_at, r.id), array_agg(r.return_at ORDER BY r.return_at, r.id) INTO useless, moments
    FROM boon.resets r WHERE r.id = ANY (due) AND r.return_at <= p_at;
  RETURN coalesce(boon.post_returns(useless, moments, p_at), 0);
END $$;

-- Whether a reset is reminded of so long before its expiry, by the rules it was banked under: where that is after it was
-- granted. One that goes on from another and begins on its last day is reminded of that at once, by the shortest
-- that it has missed.
CREATE FUNCTION boon.is_reminded(r boon.resets, p_before interval, p_reminders interval[]) RETURNS boolean LANGUAGE sql STABLE
  RETURN (r).expires_at - p_before > (r).granted_at OR ((r).from_reset IS NOT NULL AND p_before <= interval '1 day'
    AND p_before = (SELECT min(m) FROM unnest(p_reminders) m WHERE (r).expires_at - m <= (r).granted_at));

-- The reminders that fell due within the last day by p_at, of at most p_limit resets that follow (p_expiry, p_reset). A
-- reminder that could not be sent for a day is left out, and so is one that was due before the reset was granted: but one
-- that goes on from another, and begins on its last day, has the reminder of that day at its beginning.
CREATE OR REPLACE FUNCTION boon.due_reminders(p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, email_sealed bytea, expires_at timestamptz, before interval) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.email_sealed, r.expires_at, b.before
  FROM (SELECT DISTINCT unnest(p.reminders) AS before FROM boon.reset_rules p) b
  CROSS JOIN LATERAL (
    SELECT x.id, x.account_id, x.expires_at, a.email_sealed FROM boon.resets x
    JOIN boon.reset_rules p ON p.version = x.policy_version AND b.before = ANY (p.reminders)
    JOIN boon.accounts a ON a.id = x.account_id AND a.email_sealed IS NOT NULL AND a.status <> 'closed'
    WHERE x.status = 'available' AND x.expires_at > greatest(p_at, p_at + b.before - interval '1 day') AND x.expires_at <= p_at + b.before
      AND (x.expires_at, x.id) > (p_expiry, p_reset) AND boon.is_reminded(x, b.before, p.reminders)
      AND NOT EXISTS (SELECT FROM boon.reset_reminders d WHERE d.reset_id = x.id AND d.before = b.before)
    ORDER BY x.expires_at, x.id LIMIT p_limit) r
  ORDER BY r.expires_at, r.id, b.before LIMIT p_limit
$$;

-- The first moment after p_after at which time changes a reset, or null: for a clock that jumps from one to the next.
CREATE OR REPLACE FUNCTION boon.next_reset_moment(p_after timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(r.expires_at) FROM boon.resets r WHERE r.status = 'available' AND r.expires_at > p_after),
    (SELECT min(r.return_at) FROM boon.resets r WHERE r.return_at > p_after),
    (SELECT min(r.expires_at - boon.last_moment()) FROM boon.resets r JOIN boon.accounts a ON a.id = r.account_id AND a.auto_redeem
     WHERE r.status = 'available' AND r.expires_at > p_after + boon.last_moment()),
    (SELECT min(r.expires_at - b.before) FROM boon.resets r JOIN boon.reset_rules p ON p.version = r.policy_version
     CROSS JOIN LATERAL unnest(p.reminders) b (before)
     WHERE r.status = 'available' AND r.expires_at > p_after + b.before AND r.expires_at - b.before > r.granted_at),
    (SELECT min(r.granted_at) FROM boon.resets r JOIN boon.reset_rules p ON p.version = r.policy_version
     CROSS JOIN LATERAL unnest(p.reminders) b (before)
     WHERE r.status = 'available' AND r.granted_at > p_after AND r.expires_at - b.before <= r.granted_at AND boon.is_reminded(r, b.before, p.reminders)))
$$;
