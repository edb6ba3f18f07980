-- Gives an API key a new digest, once under its idempotency key; the digest before counts until `previous_works_until`. Answers
-- {api_key} or {code, detail}.
CREATE FUNCTION boon_code.rotate_api_key(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
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
  UPDATE boon.api_keys x SET previous_digest = x.digest, previous_works_until = (p ->> 'previous_works_until')::timestamptz,
      digest = decode(p ->> 'digest', 'hex'), rotated_at = at
    WHERE x.id = p ->> 'id' AND x.revoked_at IS NULL RETURNING * INTO k;
  result := CASE WHEN k.id IS NULL THEN jsonb_build_object('code', 'not_found', 'detail', format('There is no API key %s.', p ->> 'id'))
                 ELSE jsonb_build_object('api_key', boon_code.api_key_view(k)) END;
  PERFORM boon_code.keep_answer(p ->> 'key', p ->> 'input_hash', result, at);
  RETURN NEXT;
END $$;
