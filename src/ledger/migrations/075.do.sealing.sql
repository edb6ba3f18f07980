-- Sealing without locks. A block names the numbers of its transfers, so what it holds never changes: a transfer whose
-- number was drawn early and that is written late goes into a later block. ADR 0024 says why.

ALTER TABLE boon.blocks ADD COLUMN seqs int8multirange;

-- Numbers below the last sealed one that no finished transaction had written when they were passed. What is written under them
-- later is found here. `until`: every transaction that may still write one of them has a lower id.
CREATE TABLE boon.seal_gaps (
  first_seq bigint PRIMARY KEY,
  last_seq bigint NOT NULL,
  until xid8 NOT NULL,
  noticed_at timestamptz NOT NULL,
  CONSTRAINT gap_is_sound CHECK (first_seq <= last_seq)
);

-- Blocks of earlier versions held all that stood between two numbers. Their holes are watched from now on.
ALTER TABLE boon.blocks DISABLE TRIGGER append_only;
UPDATE boon.blocks b SET seqs = coalesce((
  SELECT range_agg(int8range(t.seq, t.seq, '[]')) FROM boon.transfers t WHERE t.seq BETWEEN b.first_seq AND b.last_seq), '{}');
ALTER TABLE boon.blocks ENABLE TRIGGER append_only;
ALTER TABLE boon.blocks ALTER COLUMN seqs SET NOT NULL;

INSERT INTO boon.seal_gaps
SELECT lower(g), upper(g) - 1, pg_snapshot_xmax(pg_current_snapshot()), h.at
FROM (SELECT range_agg(b.seqs) AS sealed, max(b.last_seq) AS last, max(b.effective_at) AS at
      FROM (SELECT x.last_seq, x.effective_at, r AS seqs FROM boon.blocks x LEFT JOIN LATERAL unnest(x.seqs) r ON true) b) h,
  unnest(int8multirange(int8range(1, h.last, '[]')) - coalesce(h.sealed, '{}')) g
WHERE h.last IS NOT NULL;

-- Digest over the transfers of these numbers and their entries, in the order of the numbers, chained to p_previous.
CREATE FUNCTION boon.block_hash(p_seqs int8multirange, p_previous bytea, OUT transfers bigint, OUT hash bytea)
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
DROP FUNCTION boon.block_hash(bigint, bigint, bytea);

-- The highest number that is written: one sealing run goes up to it, so that it ends however much is written meanwhile.
CREATE OR REPLACE FUNCTION boon.sealable_seq() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(seq), 0) FROM boon.transfers
$$;

-- How long a number that nobody has written is looked for at least. Transactions that write live for minutes at most.
CREATE FUNCTION boon.gaps_are_watched_for() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '1 hour';

-- Seals the next block of at most p_size transfers: what was written late, then what follows the last block up to p_last.
-- Returns whether there was any. Waits for nobody but another that seals: what is not committed is sealed the next time.
CREATE OR REPLACE FUNCTION boon.seal_block(p_last bigint, p_size int, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  top boon.blocks;
  head bigint;
  late int8multirange;
  fresh int8multirange;
  members int8multirange;
  missing int8multirange;
  seen_by pg_snapshot;
BEGIN
  LOCK TABLE boon.blocks IN SHARE ROW EXCLUSIVE MODE;
  SELECT * INTO top FROM boon.blocks ORDER BY number DESC LIMIT 1;
  -- A block of late transfers alone ends below the ones before it.
  head := coalesce((SELECT max(b.last_seq) FROM boon.blocks b), 0);
  -- One statement, so one snapshot: what is not in `late` by it was not committed when `seen_by` was taken.
  SELECT pg_current_snapshot(),
    (SELECT range_agg(int8range(x.seq, x.seq, '[]')) FROM (
       SELECT t.seq FROM boon.seal_gaps g
       CROSS JOIN LATERAL (SELECT y.seq FROM boon.transfers y WHERE y.seq >= g.first_seq AND y.seq <= g.last_seq OFFSET 0) t
       ORDER BY t.seq LIMIT p_size) x),
    (SELECT range_agg(int8range(x.seq, x.seq, '[]')) FROM (
       SELECT t.seq FROM boon.transfers t WHERE t.seq > head AND t.seq <= p_last ORDER BY t.seq LIMIT p_size) x)
  INTO seen_by, late, fresh;

  IF late IS NOT NULL THEN
    -- What a gap keeps when some of its numbers are found.
    WITH found AS (
      DELETE FROM boon.seal_gaps g WHERE int8multirange(int8range(g.first_seq, g.last_seq, '[]')) && late RETURNING g.*
    )
    INSERT INTO boon.seal_gaps
    SELECT lower(r), upper(r) - 1, f.until, f.noticed_at FROM found f, unnest(int8multirange(int8range(f.first_seq, f.last_seq, '[]')) - late) r;
  END IF;
  -- Ids of another cluster, after a restore, say nothing here: nobody of that one is at work in this one.
  UPDATE boon.seal_gaps g SET until = pg_snapshot_xmax(seen_by) WHERE g.until > pg_snapshot_xmax(seen_by);
  -- All that could write these has ended, and what it wrote was visible above. A full block of late ones may have left some.
  IF late IS NULL OR (SELECT sum(upper(r) - lower(r)) FROM unnest(late) r) < p_size THEN
    DELETE FROM boon.seal_gaps g WHERE g.until <= pg_snapshot_xmin(seen_by) AND g.noticed_at <= p_at - boon.gaps_are_watched_for();
  END IF;

  IF fresh IS NOT NULL THEN
    missing := int8multirange(int8range(head, upper(fresh) - 1, '()')) - fresh;
    INSERT INTO boon.seal_gaps SELECT lower(r), upper(r) - 1, pg_snapshot_xmax(seen_by), p_at FROM unnest(missing) r;
  END IF;
  IF late IS NULL AND fresh IS NULL THEN RETURN false; END IF;
  members := coalesce(late, '{}') + coalesce(fresh, '{}');
  INSERT INTO boon.blocks (number, first_seq, last_seq, transfers, previous_hash, hash, effective_at, seqs)
    SELECT coalesce(top.number, 0) + 1, lower(members), upper(members) - 1, h.transfers, coalesce(top.hash, ''::bytea), h.hash, p_at, members
    FROM boon.block_hash(members, coalesce(top.hash, ''::bytea)) h;
  RETURN true;
END $$;

-- What is in no block: how many, and since when the oldest stands there. Of what is in flight nothing is known.
CREATE FUNCTION boon.unsealed(OUT transfers bigint, OUT oldest_at timestamptz) LANGUAGE sql STABLE AS $$
  WITH waiting AS (
    SELECT t.recorded_at FROM boon.transfers t
    WHERE t.seq > coalesce((SELECT max(b.last_seq) FROM boon.blocks b), 0)
    UNION ALL
    SELECT t.recorded_at FROM boon.seal_gaps g
    CROSS JOIN LATERAL (SELECT y.recorded_at FROM boon.transfers y WHERE y.seq >= g.first_seq AND y.seq <= g.last_seq OFFSET 0) t
  )
  SELECT count(*), min(w.recorded_at) FROM waiting w
$$;
