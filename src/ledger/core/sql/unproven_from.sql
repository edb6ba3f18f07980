-- The lowest number that is in no block up to this one, or may still be.
CREATE FUNCTION boon_code.unproven_from(p_block bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(b.first_seq) FROM boon.blocks b WHERE b.number > p_block),
    (SELECT min(t.seq) FROM boon.seal_gaps g
     CROSS JOIN LATERAL (SELECT y.seq FROM boon.transfers y WHERE y.seq >= g.first_seq AND y.seq <= g.last_seq ORDER BY y.seq LIMIT 1 OFFSET 0) t),
    (SELECT coalesce(max(b.last_seq), 0) + 1 FROM boon.blocks b))
$$;
