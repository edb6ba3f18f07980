-- Revokes an API key, and those that it has made, and those that they have made. Answers how many; what was revoked before stays as
-- it was.
CREATE FUNCTION boon_code.revoke_api_key(p_id text, p_by text, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  ids text[] := ARRAY[p_id];
  revoked int := 0;
  n int;
BEGIN
  UPDATE boon.api_keys x SET revoked_at = p_at, revoked_by = p_by WHERE x.id = p_id AND x.revoked_at IS NULL;
  GET DIAGNOSTICS revoked = ROW_COUNT;
  WHILE revoked > 0 AND cardinality(ids) > 0 LOOP
    -- A statement of its own for each generation: a key that was just being made is there when its parent's row is had.
    WITH gone AS (
      UPDATE boon.api_keys x SET revoked_at = p_at, revoked_by = p_by WHERE x.parent_id = ANY (ids) AND x.revoked_at IS NULL RETURNING x.id)
    SELECT array_agg(g.id), count(*) INTO ids, n FROM gone g;
    revoked := revoked + n;
  END LOOP;
  RETURN revoked;
END $$;
