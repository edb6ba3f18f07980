-- Where verify stood when everything held: what it proves since then need not be proved again. ADR 0025 says what that
-- leaves to a full run.
CREATE TABLE boon.checkpoints (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The last block that was proven, 0 where there was none, and its digest.
  block bigint NOT NULL,
  hash bytea NOT NULL,
  -- How often rows of each table had been written, changed and deleted: what has not changed since needs no look.
  written jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
SELECT boon.make_append_only('boon.checkpoints');

-- The totals of each account by the transfers of all blocks up to the checkpoint's.
CREATE TABLE boon.proven_totals (
  account_id text COLLATE "C" PRIMARY KEY,
  debits_pending bigint NOT NULL,
  debits_posted bigint NOT NULL,
  credits_posted bigint NOT NULL
) WITH (fillfactor = 70);

-- The lowest number that is in no block up to this one, or may still be.
CREATE FUNCTION boon.unproven_from(p_block bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(b.first_seq) FROM boon.blocks b WHERE b.number > p_block),
    (SELECT min(t.seq) FROM boon.seal_gaps g
     CROSS JOIN LATERAL (SELECT y.seq FROM boon.transfers y WHERE y.seq >= g.first_seq AND y.seq <= g.last_seq ORDER BY y.seq LIMIT 1 OFFSET 0) t),
    (SELECT coalesce(max(b.last_seq), 0) + 1 FROM boon.blocks b))
$$;

-- What the transfers that are in no block up to this one added to each account's totals.
CREATE FUNCTION boon.unproven_totals(p_block bigint)
RETURNS TABLE (account_id text, debits_pending numeric, debits_posted numeric, credits_posted numeric) LANGUAGE sql STABLE AS $$
  WITH first AS MATERIALIZED (SELECT boon.unproven_from(p_block) AS seq),
  proven AS MATERIALIZED (
    SELECT coalesce(range_agg(r), '{}') AS seqs FROM boon.blocks b CROSS JOIN LATERAL unnest(b.seqs) r
    WHERE b.number <= p_block AND b.last_seq >= (SELECT f.seq FROM first f)
  ), unproven AS MATERIALIZED (
    SELECT t.* FROM boon.transfers t WHERE t.seq >= (SELECT f.seq FROM first f) AND NOT t.seq <@ (SELECT p.seqs FROM proven p)
  ), part (id, pending, debits, credits) AS (
    SELECT u.debit_account, 0, u.amount, 0 FROM unproven u WHERE u.phase = 'posted'
    UNION ALL SELECT u.credit_account, 0, 0, u.amount FROM unproven u WHERE u.phase = 'posted'
    UNION ALL SELECT u.debit_account, u.amount, 0, 0 FROM unproven u WHERE u.phase = 'pending'
    UNION ALL SELECT u.debit_account, -u.amount, 0, 0 FROM unproven u WHERE u.resolves IS NOT NULL
  )
  SELECT p.id, sum(p.pending), sum(p.debits), sum(p.credits) FROM part p GROUP BY p.id
$$;

-- How often rows of each table were written, changed and deleted, by its name; a partitioned table's are its partitions'.
CREATE FUNCTION boon.written() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_object_agg(x.name, x.times) FROM (
    SELECT coalesce(p.relname, s.relname) AS name, jsonb_build_array(sum(s.n_tup_ins), sum(s.n_tup_upd), sum(s.n_tup_del)) AS times
    FROM pg_stat_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE s.schemaname = 'boon' GROUP BY 1) x
$$;

-- Notes that everything holds up to the last block. The totals are those of the caller's snapshot, less what is in no block;
-- with p_since only those of accounts that what followed that block has touched are written.
CREATE FUNCTION boon.keep_checkpoint(p_written jsonb, p_since bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  top boon.blocks;
  kept bigint;
BEGIN
  SELECT * INTO top FROM boon.blocks ORDER BY number DESC LIMIT 1;
  IF p_since IS NULL THEN DELETE FROM boon.proven_totals; END IF;
  INSERT INTO boon.proven_totals AS x
  SELECT a.id, a.debits_pending - coalesce(u.debits_pending, 0), a.debits_posted - coalesce(u.debits_posted, 0), a.credits_posted - coalesce(u.credits_posted, 0)
  FROM boon.ledger_accounts a LEFT JOIN boon.unproven_totals(coalesce(top.number, 0)) u ON u.account_id = a.id
  WHERE p_since IS NULL OR a.id IN (SELECT t.account_id FROM boon.unproven_totals(p_since) t)
    OR NOT EXISTS (SELECT FROM boon.proven_totals p WHERE p.account_id = a.id)
  ON CONFLICT (account_id) DO UPDATE SET debits_pending = excluded.debits_pending, debits_posted = excluded.debits_posted,
    credits_posted = excluded.credits_posted;
  INSERT INTO boon.checkpoints (block, hash, written) VALUES (coalesce(top.number, 0), coalesce(top.hash, ''::bytea), p_written)
    RETURNING number INTO kept;
  RETURN kept;
END $$;
