-- Makes an API key, once under its idempotency key: {api_key} or {code, detail, errors}. Neither the row nor the answer that is
-- kept has the secret, only its digest is stored.
CREATE FUNCTION boon_code.create_api_key(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  k boon.api_keys;
  at constant timestamptz := p ->> 'at';
BEGIN
  i := 0;
  result := boon_code.recorded_answer(p ->> 'key', p ->> 'input_hash');
  replayed := result IS NOT NULL;
  IF replayed THEN
    RETURN NEXT; RETURN;
  END IF;
  IF (p ->> 'expires_at')::timestamptz <= at THEN
    result := jsonb_build_object('code', 'validation_failed', 'detail', 'expires_at: must be in the future.',
      'errors', jsonb_build_array(jsonb_build_object('path', 'expires_at', 'message', 'must be in the future')));
    RETURN NEXT; RETURN;
  END IF;
  INSERT INTO boon.api_keys (id, name, digest, scopes, expires_at, created_at)
    VALUES (p ->> 'id', p ->> 'name', decode(p ->> 'digest', 'hex'), ARRAY(SELECT jsonb_array_elements_text(p -> 'scopes')), (p ->> 'expires_at')::timestamptz, at)
    RETURNING * INTO k;
  result := jsonb_build_object('api_key', boon_code.api_key_view(k));
  PERFORM boon_code.keep_answer(p ->> 'key', p ->> 'input_hash', result, at);
  RETURN NEXT;
END $$;
