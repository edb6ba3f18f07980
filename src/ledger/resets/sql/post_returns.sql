-- Banks anew what became useless: the reset goes on as another with source `return`, each with effect from its moment. It
-- keeps its expiry, but is valid for at least as long as it was useless, counted from when it can be had again (p_at): so one
-- redeemed at its last moment is of use again, also when this comes late. One whose purchase was refunded meanwhile, or whose
-- reward was taken back, is revoked at once.
CREATE FUNCTION boon_code.post_returns(p_resets bigint[], p_moments timestamptz[], p_at timestamptz) RETURNS bigint LANGUAGE plpgsql
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
  PERFORM boon_code.resets_came(again, greatest(p_at, (SELECT max(m) FROM unnest(p_moments) m)));
  RETURN returned;
END $$;
