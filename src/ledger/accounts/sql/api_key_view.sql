-- An API key without its digests.
CREATE FUNCTION boon_code.api_key_view(k boon.api_keys) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('id', k.id, 'name', k.name, 'scopes', k.scopes, 'created_at', k.created_at, 'expires_at', k.expires_at,
  'last_used_at', k.last_used_at, 'rotated_at', k.rotated_at, 'previous_works_until', k.previous_works_until);
