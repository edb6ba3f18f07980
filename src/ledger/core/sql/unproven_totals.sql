-- What the transfers that are in no block up to this one added to each account's totals.
CREATE FUNCTION boon_code.unproven_totals(p_block bigint)
RETURNS TABLE (account_id text, debits_pending numeric, debits_posted numeric, credits_posted numeric) LANGUAGE sql STABLE AS $$
  WITH first AS MATERIALIZED (SELECT boon_code.unproven_from(p_block) AS seq),
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
