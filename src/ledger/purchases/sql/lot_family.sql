-- A lot and those that go on from it, the first first.
CREATE FUNCTION boon_code.lot_family(p_lot bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE family AS (
    SELECT l.id FROM boon.lots l WHERE l.id = p_lot
    UNION ALL
    SELECT l.id FROM family f JOIN boon.lots l ON l.continues = f.id
  )
  SELECT f.id FROM family f ORDER BY f.id
$$;
