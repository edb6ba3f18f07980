-- What an account can use now of its own.
CREATE FUNCTION boon_code.own_credits(p_account text, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(l.remaining), 0)::bigint FROM boon.lots l
  WHERE l.account_id = p_account AND l.open AND (l.expires_at IS NULL OR l.expires_at > p_at)
$$;
