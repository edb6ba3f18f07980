-- The first operator key: made where there is none; with `p_anew` also in place of a former one, when no key at all works any more.
-- Answers its row as it stands then.
CREATE FUNCTION boon_code.bootstrap_api_key(p_id text, p_name text, p_digest bytea, p_scopes text[], p_anew boolean, p_at timestamptz)
RETURNS SETOF boon.api_keys LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('boon.bootstrap_api_key'));
  INSERT INTO boon.api_keys (id, name, digest, scopes, created_at) VALUES (p_id, p_name, p_digest, p_scopes, p_at)
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, previous_digest = NULL, previous_works_until = NULL, scopes = excluded.scopes,
      expires_at = NULL, revoked_at = NULL, revoked_by = NULL
    WHERE p_anew AND NOT EXISTS (SELECT FROM boon.api_keys x WHERE x.revoked_at IS NULL AND (x.expires_at IS NULL OR x.expires_at > p_at));
  RETURN QUERY SELECT * FROM boon.api_keys x WHERE x.id = p_id;
END $$;
