-- A reached limit in words.
CREATE FUNCTION boon_code.limit_detail(p boon.policies, used boon.gift_usage, p_limit text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_limit
    WHEN 'per_day_count' THEN format('The sender may give %s times a day and has.', p.day_count)
    WHEN 'per_day_amount' THEN format('The sender may give %s credits a day and has given %s.', boon_code.credits(p.day_amount), boon_code.credits(used.day_amount))
    WHEN 'per_month_count' THEN format('The sender may give %s times a month and has.', p.month_count)
    WHEN 'per_month_amount' THEN format('The sender may give %s credits a month and has given %s.', boon_code.credits(p.month_amount), boon_code.credits(used.month_amount))
    WHEN 'promotional_count' THEN format('The sender may give %s promotional gifts a month and has.', p.promotional_count)
    WHEN 'promotional_amount' THEN format('The sender may give %s promotional credits a month and has given %s.',
      boon_code.credits(p.promotional_amount), boon_code.credits(used.promotional_amount)) END
$$;
