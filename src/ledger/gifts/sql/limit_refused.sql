-- Which of a sender's limits one more gift of this amount would break; null when none. `used` is what counts at that moment.
CREATE FUNCTION boon_code.limit_refused(p boon.policies, used boon.gift_usage, p_payer text, p_amount bigint)
RETURNS boon_code.gift_refusal LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    boon_code.refuse_gift(used.day_count >= p.day_count,
      'gift_limit_exceeded', 'per_day_count', format('The sender may give %s times a day and has done so.', p.day_count)),
    boon_code.refuse_gift(used.day_amount + p_amount > p.day_amount,
      'gift_limit_exceeded', 'per_day_amount', format('The sender may give %s credits a day and has given %s.',
        boon_code.credits(p.day_amount), boon_code.credits(used.day_amount))),
    boon_code.refuse_gift(used.month_count >= p.month_count,
      'gift_limit_exceeded', 'per_month_count', format('The sender may give %s times a month and has done so.', p.month_count)),
    boon_code.refuse_gift(used.month_amount + p_amount > p.month_amount,
      'gift_limit_exceeded', 'per_month_amount', format('The sender may give %s credits a month and has given %s.',
        boon_code.credits(p.month_amount), boon_code.credits(used.month_amount))),
    boon_code.refuse_gift(p_payer = 'boon:promotional' AND used.promotional_count >= p.promotional_count,
      'gift_limit_exceeded', 'promotional_count', format('The sender may give %s promotional gifts a month and has.', p.promotional_count)),
    boon_code.refuse_gift(p_payer = 'boon:promotional' AND used.promotional_amount + p_amount > p.promotional_amount,
      'gift_limit_exceeded', 'promotional_amount', format('The sender may give %s promotional credits a month and has given %s.',
        boon_code.credits(p.promotional_amount), boon_code.credits(used.promotional_amount))))
$$;
