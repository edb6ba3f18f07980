-- Who made, rotated and revoked an API key. One that was made by another ends with it, unless the first key of all made it.
ALTER TABLE boon.api_keys
  ADD COLUMN parent_id text COLLATE "C" REFERENCES boon.api_keys,
  ADD COLUMN created_by text,
  ADD COLUMN rotated_by text,
  ADD COLUMN revoked_by text;
CREATE INDEX api_keys_by_parent ON boon.api_keys (parent_id) WHERE parent_id IS NOT NULL;
