-- What is in no block: how many, and since when the oldest stands there. Of what is in flight nothing is known.
CREATE FUNCTION boon_code.unsealed(OUT transfers bigint, OUT oldest_at timestamptz) LANGUAGE sql STABLE AS $$
  WITH waiting AS (
    SELECT t.recorded_at FROM boon.transfers t
    WHERE t.seq > coalesce((SELECT max(b.last_seq) FROM boon.blocks b), 0)
    UNION ALL
    SELECT t.recorded_at FROM boon.seal_gaps g
    CROSS JOIN LATERAL (SELECT y.recorded_at FROM boon.transfers y WHERE y.seq >= g.first_seq AND y.seq <= g.last_seq OFFSET 0) t
  )
  SELECT count(*), min(w.recorded_at) FROM waiting w
$$;
