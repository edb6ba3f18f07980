-- Notes that everything holds up to the last block. The totals are those of the caller's snapshot, less what is in no block;
-- with p_since only those of accounts that what followed that block has touched are written.
CREATE FUNCTION boon_code.keep_checkpoint(p_written jsonb, p_since bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  top boon.blocks;
  kept bigint;
BEGIN
  SELECT * INTO top FROM boon.blocks ORDER BY number DESC LIMIT 1;
  IF p_since IS NULL THEN DELETE FROM boon.proven_totals; END IF;
  INSERT INTO boon.proven_totals AS x
  SELECT a.id, a.debits_pending - coalesce(u.debits_pending, 0), a.debits_posted - coalesce(u.debits_posted, 0), a.credits_posted - coalesce(u.credits_posted, 0)
  FROM boon.ledger_accounts a LEFT JOIN boon_code.unproven_totals(coalesce(top.number, 0)) u ON u.account_id = a.id
  WHERE p_since IS NULL OR a.id IN (SELECT t.account_id FROM boon_code.unproven_totals(p_since) t)
    OR NOT EXISTS (SELECT FROM boon.proven_totals p WHERE p.account_id = a.id)
  ON CONFLICT (account_id) DO UPDATE SET debits_pending = excluded.debits_pending, debits_posted = excluded.debits_posted,
    credits_posted = excluded.credits_posted;
  INSERT INTO boon.checkpoints (block, hash, written) VALUES (coalesce(top.number, 0), coalesce(top.hash, ''::bytea), p_written)
    RETURNING number INTO kept;
  RETURN kept;
END $$;
