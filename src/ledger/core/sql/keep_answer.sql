-- Keeps the answer of a write under its key, but for what decided nothing: what is not there, or is no request.
CREATE FUNCTION boon_code.keep_answer(p_key text, p_input_hash text, p_result jsonb, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.idempotency_keys SELECT p_key, decode(p_input_hash, 'hex'), p_result, p_at
    WHERE coalesce(p_result ->> 'code', '') NOT IN ('not_found', 'validation_failed')
$$;
