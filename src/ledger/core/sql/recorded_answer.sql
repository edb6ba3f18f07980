-- The answer of a write that a key has already recorded: the same again, or a mismatch; null when it is new.
CREATE FUNCTION boon_code.recorded_answer(p_key text, p_input_hash text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN k.input_hash = decode(p_input_hash, 'hex') THEN k.result
              ELSE jsonb_build_object('code', 'idempotency_mismatch') END
  FROM boon.idempotency_keys k WHERE k.key = p_key
$$;
