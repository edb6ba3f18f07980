-- What the top-ups of a billing month, named by its first day, have cost. One that was not paid costs nothing.
CREATE FUNCTION boon_code.topped_up(p_account text, p_month date) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(x.price), 0)::bigint FROM boon.purchases x
  WHERE x.account_id = p_account AND x.kind = 'top_up' AND x.month = p_month AND x.status IN ('open', 'paid', 'refunded')
$$;
