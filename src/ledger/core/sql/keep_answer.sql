-- Keeps the answer of a write under its key, but for what decided nothing: what is not there, or is no request.
CREATE FUNCTION boon_code.keep_answer(p_key text, p_input_hash text, p_result jsonb, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_result ->> 'code' IN ('not_found', 'validation_failed') OR p_result ->> 'reason_code' = 'unknown_account' THEN RETURN; END IF;
  INSERT INTO boon.idempotency_keys VALUES (p_key, decode(p_input_hash, 'hex'), p_result, p_at);
END $$;
