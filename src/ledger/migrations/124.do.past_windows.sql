-- As in 066. What a reset that has expired, and was not settled yet, asks of the windows of its last moment stays known: it
-- may have been put aside for long. And where the next window begins by a clock that lags behind, those end that a use told
-- late has begun shortly before: no two overlap.
CREATE OR REPLACE FUNCTION boon.end_window(w boon.usage_windows, p_next timestamptz, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  DELETE FROM boon.past_windows p WHERE p.account_id = w.account_id AND p.kind = w.kind AND p.ended_at < p_now - interval '8 days'
    AND NOT EXISTS (SELECT FROM boon.resets r WHERE r.account_id = w.account_id AND r.status = 'available' AND r.expires_at > p.counts_from AND r.expires_at <= p.ended_at);
  UPDATE boon.past_windows p SET ended_at = greatest(p.counts_from, p_next) WHERE p.account_id = w.account_id AND p.kind = w.kind
    AND p.ended_at > greatest(p.counts_from, p_next);
  INSERT INTO boon.past_windows SELECT (boon.past_window(w, p_next)).*;
$$;
