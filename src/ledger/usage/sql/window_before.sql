-- The window that a use of before w counts from counts in: the one that was open then. If none was, one begins with the
-- use (its number is null until then) and ends where the next one begins. But where it would not have run out when the
-- next one began, the use counts in that one, which from then on counts from the use on: told in time, it had been one
-- window, and none is full again for being reported late. A window that was restored counts nothing of before. Null is w.
CREATE FUNCTION boon_code.window_before(w boon.usage_windows, p_at timestamptz) RETURNS boon.past_windows LANGUAGE plpgsql STABLE AS $$
DECLARE
  length constant interval := boon_code.window_length(w.kind);
  p boon.past_windows;
BEGIN
  SELECT x.* INTO p FROM boon.past_windows x WHERE x.account_id = w.account_id AND x.kind = w.kind AND x.counts_from <= p_at AND x.ended_at > p_at
    ORDER BY x.counts_from DESC, x.number DESC LIMIT 1;
  IF FOUND THEN RETURN p; END IF;
  SELECT x.* INTO p FROM boon.past_windows x WHERE x.account_id = w.account_id AND x.kind = w.kind AND x.counts_from > p_at AND x.counts_from <= boon_code.counts_from(w)
    ORDER BY x.counts_from, x.number LIMIT 1;
  IF NOT FOUND THEN p := boon_code.past_window(w, NULL); END IF;
  IF p.restored OR p_at + length <= p.started_at THEN
    RETURN (w.account_id, w.kind, NULL, p_at, p_at, least(p_at + length, p.counts_from), 0, false, NULL)::boon.past_windows;
  END IF;
  IF p.number = w.since THEN RETURN NULL; END IF;
  p.counts_from := p_at;
  RETURN p;
END $$;
