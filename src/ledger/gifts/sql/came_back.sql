-- When credits came back into a lot of an account, after p_since: the last time by p_moment, and the first after it.
CREATE FUNCTION boon_code.came_back(p_account text, p_since timestamptz, p_moment timestamptz, OUT last timestamptz, OUT next timestamptz) LANGUAGE sql STABLE AS $$
  SELECT max(e.effective_at) FILTER (WHERE e.effective_at <= p_moment), min(e.effective_at) FILTER (WHERE e.effective_at > p_moment)
  FROM boon.entries e WHERE e.account_id = p_account AND e.effective_at > p_since
    AND e.amount > 0 AND e.kind NOT IN ('grant', 'gift_received', 'purchased', 'expired')
$$;
