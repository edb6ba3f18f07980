-- Which of a sender's limits one more gift of this amount would break; null when none.
CREATE FUNCTION boon_code.limit_reached(p boon.policies, used boon.gift_usage, p_payer text, p_amount bigint)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF used.day_count >= p.day_count THEN RETURN 'per_day_count'; END IF;
  IF used.day_amount + p_amount > p.day_amount THEN RETURN 'per_day_amount'; END IF;
  IF used.month_count >= p.month_count THEN RETURN 'per_month_count'; END IF;
  IF used.month_amount + p_amount > p.month_amount THEN RETURN 'per_month_amount'; END IF;
  IF p_payer = 'boon:promotional' THEN
    IF used.promotional_count >= p.promotional_count THEN RETURN 'promotional_count'; END IF;
    IF used.promotional_amount + p_amount > p.promotional_amount THEN RETURN 'promotional_amount'; END IF;
  END IF;
  RETURN NULL;
END $$;
