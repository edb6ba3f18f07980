-- The lot of which another is, or goes on from, the first.
CREATE FUNCTION boon_code.first_lot(p_lot bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE line AS (
    SELECT l.id, l.continues FROM boon.lots l WHERE l.id = p_lot
    UNION ALL
    SELECT l.id, l.continues FROM line x JOIN boon.lots l ON l.id = x.continues
  )
  SELECT x.id FROM line x WHERE x.continues IS NULL
$$;
