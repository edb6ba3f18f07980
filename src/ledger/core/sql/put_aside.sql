-- Puts an item aside that failed at p_at. Told of twice, one try counts once. The whole duty (*) is tried at each run.
CREATE FUNCTION boon_code.put_aside(p_what text, p_item text, p_error text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.stuck_items AS s (what, item, since, tried_at, tries, last_error, next_try_at)
  VALUES (p_what, p_item, p_at, p_at, 1, p_error, CASE p_item WHEN '*' THEN p_at ELSE p_at + boon_code.stuck_pause(1) END)
  ON CONFLICT (what, item) DO UPDATE SET tried_at = p_at, tries = s.tries + 1, last_error = p_error,
    next_try_at = CASE p_item WHEN '*' THEN p_at ELSE p_at + boon_code.stuck_pause(s.tries + 1) END
  WHERE s.tried_at < p_at
$$;
