-- Revokes resets that are in the bank. The caller has locked the account.
CREATE FUNCTION boon_code.revoke_resets(p_resets bigint[], p_reference text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    UPDATE boon.resets x SET status = 'revoked' WHERE x.id = ANY (p_resets) RETURNING x.id, x.account_id
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT g.id, g.account_id, 'revoked', p_reference, p_at FROM gone g ORDER BY g.id
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'reset.revoked', g.id::text, ARRAY[g.account_id], jsonb_build_object('reset_id', g.id::text, 'reference', p_reference), p_at FROM gone g ORDER BY g.id
$$;
