-- Seals the next block of at most p_size transfers: what was written late, then what follows the last block up to p_last.
-- Returns whether there was any. Waits for nobody but another that seals: what is not committed is sealed the next time.
CREATE FUNCTION boon_code.seal_block(p_last bigint, p_size int, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql
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
    DELETE FROM boon.seal_gaps g WHERE g.until <= pg_snapshot_xmin(seen_by) AND g.noticed_at <= p_at - boon_code.gaps_are_watched_for();
  END IF;

  IF fresh IS NOT NULL THEN
    missing := int8multirange(int8range(head, upper(fresh) - 1, '()')) - fresh;
    INSERT INTO boon.seal_gaps SELECT lower(r), upper(r) - 1, pg_snapshot_xmax(seen_by), p_at FROM unnest(missing) r;
  END IF;
  IF late IS NULL AND fresh IS NULL THEN RETURN false; END IF;
  members := coalesce(late, '{}') + coalesce(fresh, '{}');
  INSERT INTO boon.blocks (number, first_seq, last_seq, transfers, previous_hash, hash, effective_at, seqs)
    SELECT coalesce(top.number, 0) + 1, lower(members), upper(members) - 1, h.transfers, coalesce(top.hash, ''::bytea), h.hash, p_at, members
    FROM boon_code.block_hash(members, coalesce(top.hash, ''::bytea)) h;
  RETURN true;
END $$;
