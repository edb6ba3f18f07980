-- Whether an account has used anything of a window that is open.
CREATE FUNCTION boon_code.has_used(p_account text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM boon.usage_windows w
    WHERE w.account_id = p_account AND w.used > 0 AND w.started_at + boon_code.window_length(w.kind) > p_at)
$$;
