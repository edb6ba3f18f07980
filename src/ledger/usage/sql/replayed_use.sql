-- The answer of a use whose id is known: what was answered then, or that the id was already used for a different request. A window that had run
-- out when it was told is not shown.
CREATE FUNCTION boon_code.replayed_use(p_answer boon_code.use_answer, u boon.usage, p_product text, p_model text, p_units bigint)
RETURNS boon_code.use_answer LANGUAGE plpgsql STABLE AS $$
BEGIN
  p_answer.replayed := true;
  IF (u.product, u.model, u.units) IS DISTINCT FROM (p_product, p_model, p_units) THEN p_answer.code := 'idempotency_mismatch'; END IF;
  p_answer.amount := u.amount; p_answer.plan_part := u.plan_part; p_answer.pool_part := u.pool_part;
  p_answer.own_part := u.own_part; p_answer.invoice_part := u.invoice_part; p_answer.balance := u.balance;
  p_answer.five_hour_limit := u.five_hour_limit; p_answer.weekly_limit := u.weekly_limit;
  IF u.shown IS NOT NULL THEN RETURN jsonb_populate_record(p_answer, u.shown); END IF;
  IF u.five_hour_started_at + boon_code.window_length('five_hour') > u.told_at THEN
    p_answer.five_hour_used := u.five_hour_used; p_answer.five_hour_started_at := u.five_hour_started_at;
  END IF;
  IF u.weekly_started_at + boon_code.window_length('weekly') > u.told_at THEN
    p_answer.weekly_used := u.weekly_used; p_answer.weekly_started_at := u.weekly_started_at;
  END IF;
  RETURN p_answer;
END $$;
