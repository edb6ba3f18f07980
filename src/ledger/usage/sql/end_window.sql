-- Keeps a window that ends, and forgets those that no use can be told of any more: a policy accepts uses a week late at most. Of those
-- that a reset needs, which has expired and was neither redeemed nor found useless yet, none is forgotten. Where the next window begins by
-- a clock that lags behind, those end that a use reported late has begun shortly before: no two overlap.
CREATE FUNCTION boon_code.end_window(w boon.usage_windows, p_next timestamptz, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  DELETE FROM boon.past_windows p WHERE p.account_id = w.account_id AND p.kind = w.kind AND p.ended_at < p_now - interval '8 days'
    AND NOT EXISTS (SELECT FROM boon.resets r WHERE r.account_id = w.account_id AND r.status = 'available' AND r.expires_at <= p_now AND boon_code.last_moment_of(r) < p.ended_at);
  UPDATE boon.past_windows p SET ended_at = greatest(p.counts_from, p_next) WHERE p.account_id = w.account_id AND p.kind = w.kind
    AND p.ended_at > greatest(p.counts_from, p_next);
  INSERT INTO boon.past_windows SELECT (boon_code.past_window(w, p_next)).*;
$$;
