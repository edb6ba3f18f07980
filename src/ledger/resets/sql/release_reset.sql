CREATE FUNCTION boon_code.release_reset(g boon.gifts, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  SELECT boon_code.end_reset_hold(g, 'available', 'released', p_at)
$$;
