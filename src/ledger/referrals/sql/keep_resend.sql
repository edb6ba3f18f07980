-- Keeps the answer of an invitation that its process has mailed again, once under its idempotency key: {referral}.
CREATE FUNCTION boon_code.keep_resend(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
BEGIN
  i := 0;
  result := boon_code.recorded_answer(p ->> 'key', p ->> 'input_hash');
  replayed := result IS NOT NULL;
  IF NOT replayed THEN
    SELECT jsonb_build_object('referral', boon_code.referral_view(r)) INTO STRICT result FROM boon.referrals r WHERE r.id = p ->> 'referral_id';
    PERFORM boon_code.keep_answer(p ->> 'key', p ->> 'input_hash', result, (p ->> 'at')::timestamptz);
  END IF;
  RETURN NEXT;
END $$;
