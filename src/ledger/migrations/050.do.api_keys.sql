-- API keys of services: only a digest of each is kept. The id outlives a rotation, so that business keys made
-- for a caller stay the same.
CREATE TABLE boon.api_keys (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  -- The key before the last rotation, which goes on working for a while.
  previous_digest bytea CHECK (octet_length(previous_digest) = 32),
  previous_works_until timestamptz,
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  rotated_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CHECK ((previous_digest IS NULL) = (previous_works_until IS NULL))
);
CREATE UNIQUE INDEX api_keys_by_digest ON boon.api_keys (digest);
CREATE INDEX api_keys_by_previous_digest ON boon.api_keys (previous_digest) WHERE previous_digest IS NOT NULL;
