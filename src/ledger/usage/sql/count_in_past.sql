-- Counts a use in a window of the past, which may begin with it.
CREATE FUNCTION boon_code.count_in_past(p boon.past_windows, p_amount bigint, p_seq bigint) RETURNS boon.past_windows LANGUAGE plpgsql AS $$
BEGIN
  p.used := p.used + p_amount;
  IF p.number IS NULL THEN
    p.number := p_seq;
    INSERT INTO boon.past_windows SELECT p.*;
  ELSE
    UPDATE boon.past_windows x SET used = p.used, counts_from = p.counts_from WHERE x.account_id = p.account_id AND x.kind = p.kind AND x.number = p.number;
  END IF;
  RETURN p;
END $$;
