-- Sealed blocks: each carries a digest of its transfers and of the block before, so that a row changed behind
-- the triggers' back is found.
CREATE TABLE boon.blocks (
  number bigint PRIMARY KEY,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  transfers bigint NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
SELECT boon.make_append_only('boon.blocks');

-- Digest over the transfers from p_first to p_last and their entries, chained to p_previous.
CREATE FUNCTION boon.block_hash(p_first bigint, p_last bigint, p_previous bytea, OUT transfers bigint, OUT hash bytea)
LANGUAGE sql STABLE AS $$
  SELECT count(*), sha256(p_previous || coalesce(string_agg(sha256(convert_to(jsonb_build_array(
    t.seq, t.phase, t.kind, t.debit_account, t.credit_account, t.amount, t.resolves, t.reference,
    extract(epoch FROM t.effective_at), extract(epoch FROM t.recorded_at), e.slices)::text, 'UTF8')), ''::bytea ORDER BY t.seq), ''::bytea))
  FROM boon.transfers t
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(x.slice, x.account_id, x.lot_id, x.kind, x.amount, x.balance_after, x.reference,
      extract(epoch FROM x.effective_at)) ORDER BY x.slice) AS slices
    FROM boon.entries x WHERE x.transfer = t.seq) e ON true
  WHERE t.seq BETWEEN p_first AND p_last
$$;

-- Up to where rows can be sealed: the lock waits for writers in flight, so no lower number can appear later.
CREATE FUNCTION boon.sealable_seq() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE boon.transfers IN SHARE MODE;
  RETURN (SELECT coalesce(max(seq), 0) FROM boon.transfers);
END $$;

-- Seals the next block of at most p_size transfers up to p_last. Returns whether there was one.
CREATE FUNCTION boon.seal_block(p_last bigint, p_size int, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  top boon.blocks;
  first bigint;
  last bigint;
BEGIN
  LOCK TABLE boon.blocks IN SHARE ROW EXCLUSIVE MODE;
  SELECT * INTO top FROM boon.blocks ORDER BY number DESC LIMIT 1;
  first := coalesce(top.last_seq, 0) + 1;
  last := least(p_last, first + p_size - 1);
  IF last < first THEN RETURN false; END IF;
  INSERT INTO boon.blocks
    SELECT coalesce(top.number, 0) + 1, first, last, h.transfers, coalesce(top.hash, ''::bytea), h.hash, p_at
    FROM boon.block_hash(first, last, coalesce(top.hash, ''::bytea)) h;
  RETURN true;
END $$;
