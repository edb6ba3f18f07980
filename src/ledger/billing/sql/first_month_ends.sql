-- When the first month ends that begins at p_from with a new day: the first time that it is the day after a whole month.
CREATE FUNCTION boon_code.first_month_ends(p_day int, p_from timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN m.starts_at = x.at THEN m.starts_at ELSE m.ends_at END
  FROM (SELECT (p_from AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' AS at) x CROSS JOIN LATERAL boon_code.billing_month(p_day, x.at) m
$$;
