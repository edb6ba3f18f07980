-- Digest over the transfers of these numbers and their entries, in the order of the numbers, chained to p_previous.
CREATE FUNCTION boon_code.block_hash(p_seqs int8multirange, p_previous bytea, OUT transfers bigint, OUT hash bytea)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT count(*), sha256(p_previous || coalesce(string_agg(sha256(convert_to(jsonb_build_array(
    t.seq, t.phase, t.kind, t.debit_account, t.credit_account, t.amount, t.resolves, t.reference,
    extract(epoch FROM t.effective_at), extract(epoch FROM t.recorded_at), e.slices)::text, 'UTF8')), ''::bytea ORDER BY t.seq), ''::bytea))
  FROM unnest(p_seqs) r
  CROSS JOIN LATERAL (SELECT * FROM boon.transfers x WHERE x.seq >= lower(r) AND x.seq < upper(r) OFFSET 0) t
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(x.slice, x.account_id, x.lot_id, x.kind, x.amount, x.balance_after, x.reference,
      extract(epoch FROM x.effective_at)) ORDER BY x.slice) AS slices
    FROM boon.entries x WHERE x.transfer = t.seq) e ON true
$$;
