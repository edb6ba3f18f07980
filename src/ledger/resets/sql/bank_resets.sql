-- Banks p_count resets for an account, under the rules of a policy. Part of the caller's transaction, which has made
-- sure that it happens once and has locked the account. Returns the new ids.
CREATE FUNCTION boon_code.bank_resets(
  p_policy text, p_account text, p_count int, p_source boon.reset_source, p_program text, p_reference text, p_at timestamptz
) RETURNS SETOF bigint LANGUAGE sql AS $$
  WITH banked AS (
    INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at)
    SELECT p_account, 'available', p_source, p_program, p_reference, p_policy, p_at, p_at + r.valid_for
    FROM boon.reset_rules r, generate_series(1, p_count) WHERE r.version = p_policy
    RETURNING id, expires_at
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT b.id, p_account, 'granted', p_reference, p_at FROM banked b ORDER BY b.id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.granted', b.id::text, ARRAY[p_account],
      jsonb_build_object('reset_id', b.id::text, 'source', p_source, 'program', p_program, 'expires_at', b.expires_at), p_at
    FROM banked b ORDER BY b.id
  )
  SELECT id FROM banked
$$;
