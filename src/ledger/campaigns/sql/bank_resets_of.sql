CREATE FUNCTION boon_code.bank_resets_of(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH banked AS MATERIALIZED (
    SELECT u.id AS account_id, nextval('boon.resets_id_seq') AS id, p_at + r.valid_for AS expires_at
    FROM boon.reset_rules r, unnest(p_accounts) AS u (id), generate_series(1, c.resets)
    WHERE r.version = c.policy_version
  ), reset AS (
    INSERT INTO boon.resets (id, account_id, status, source, program, reference, policy_version, granted_at, expires_at)
    OVERRIDING SYSTEM VALUE
    SELECT b.id, b.account_id, 'available', c.reset_source, c.id, 'campaign/' || c.id, c.policy_version, p_at, b.expires_at FROM banked b
  ), movement AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT b.id, b.account_id, 'granted', 'campaign/' || c.id, p_at FROM banked b
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'reset.granted', b.id::text, ARRAY[b.account_id],
    jsonb_build_object('reset_id', b.id::text, 'source', c.reset_source, 'program', c.id, 'expires_at', b.expires_at), p_at
  FROM banked b
$$;
