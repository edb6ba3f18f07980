-- How much of each lot of an account a use at p_at may take, so that at no moment from then on more of the lot is taken than was in
-- it; and a use of any later moment by which nothing has come back, where the lot was granted by then. A lot has a row for what
-- may be taken as it is, and one for each expiry since, by as much as its taking back makes room for; that one says when it
-- expired. Rows of one lot are used up in the order in which they are answered.
CREATE FUNCTION boon_code.lot_rooms(p_account text, p_at timestamptz) RETURNS TABLE (lot_id bigint, amount bigint, expires_at timestamptz, let_go boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  l record;
  left_then bigint;
  -- The least that was in the lot before its first expiry, between that and the next, and so on.
  lowest bigint[];
  gone bigint[];
  ended timestamptz[];
  refunded bigint;
  base bigint;
  part bigint;
  parts bigint[];
  after_segment bigint;
BEGIN
  FOR l IN
    WITH moved AS MATERIALIZED (
      SELECT e.lot_id AS id, e.effective_at AS at, sum(e.amount)::bigint AS amount, (-coalesce(sum(e.amount) FILTER (WHERE e.kind = 'expired'), 0))::bigint AS gone
      FROM boon.entries e WHERE e.account_id = p_account AND e.effective_at > p_at AND e.kind NOT IN ('grant', 'gift_received', 'purchased') GROUP BY 1, 2
    ), since AS (
      SELECT m.id, sum(m.amount)::bigint AS amount, array_agg(m.at ORDER BY m.at) AS moments, array_agg(m.amount ORDER BY m.at) AS amounts,
        array_agg(m.gone ORDER BY m.at) AS gone FROM moved m GROUP BY 1
    )
    SELECT o AS lot, o.id, o.source, o.expires_at, o.remaining - coalesce(s.amount, 0) AS left_then, s.moments, s.amounts, s.gone
    FROM boon.lots o LEFT JOIN since s ON s.id = o.id
    WHERE o.account_id = p_account AND (o.open OR o.expires_at > p_at) AND o.remaining - coalesce(s.amount, 0) > 0 ORDER BY o.id
  LOOP
    left_then := l.left_then; lowest := ARRAY[left_then]; gone := '{}'; ended := '{}';
    FOR k IN 1..coalesce(cardinality(l.moments), 0) LOOP
      left_then := left_then + l.amounts[k];
      IF l.gone[k] > 0 THEN
        gone := gone || l.gone[k]; ended := ended || l.moments[k]; lowest := lowest || left_then;
      ELSE
        lowest[cardinality(lowest)] := least(lowest[cardinality(lowest)], left_then);
      END IF;
    END LOOP;
    base := (SELECT min(x) FROM unnest(lowest) x);
    CONTINUE WHEN base < 0; -- Spent by a clock that lagged.
    IF base > 0 THEN
      lot_id := l.id; amount := base; expires_at := l.expires_at; let_go := false;
      RETURN NEXT;
    END IF;
    CONTINUE WHEN cardinality(gone) = 0;
    -- What money was given back for pays for nothing.
    refunded := boon_code.let_go_for_good(l.lot);
    FOR k IN REVERSE cardinality(gone)..1 LOOP
      part := least(gone[k], refunded);
      gone[k] := gone[k] - part; refunded := refunded - part;
    END LOOP;
    parts := '{}';
    FOR k IN 1..cardinality(gone) LOOP
      part := gone[k]; after_segment := 0;
      FOR j IN REVERSE k..1 LOOP
        IF j < k THEN after_segment := after_segment + parts[j]; END IF;
        part := least(part, lowest[j] - base - after_segment);
      END LOOP;
      parts := parts || part;
      IF part > 0 THEN
        lot_id := l.id; amount := part; expires_at := ended[k]; let_go := true;
        RETURN NEXT;
      END IF;
    END LOOP;
  END LOOP;
END $$;
