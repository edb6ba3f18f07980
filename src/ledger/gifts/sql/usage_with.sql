-- The counters with one more gift.
CREATE FUNCTION boon_code.usage_with(u boon.gift_usage, p_payer text, p_amount bigint) RETURNS boon.gift_usage LANGUAGE sql IMMUTABLE AS $$
  SELECT (u.account_id,
    u.day, u.day_count + 1, u.day_amount + p_amount,
    u.month, u.month_count + 1, u.month_amount + p_amount,
    CASE WHEN p_payer = 'boon:promotional' THEN u.promotional_count + 1 ELSE u.promotional_count END,
    CASE WHEN p_payer = 'boon:promotional' THEN u.promotional_amount + p_amount ELSE u.promotional_amount END)::boon.gift_usage
$$;
