-- The state of an account at a moment, where that has ended since; null where it is the one in boon.accounts.
CREATE FUNCTION boon_code.account_at(p_account text, p_at timestamptz) RETURNS boon.account_history LANGUAGE sql STABLE AS $$
  SELECT h FROM boon.account_history h WHERE h.account_id = p_account AND h.until > p_at ORDER BY h.until, h.number LIMIT 1
$$;
