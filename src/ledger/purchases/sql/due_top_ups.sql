-- Accounts that a top-up is due for, or that are to be told what keeps it: at most p_limit from behind p_after.
CREATE FUNCTION boon_code.due_top_ups(p_policy text, p_at timestamptz, p_after text, p_limit int) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT t.account_id FROM boon.top_ups t WHERE t.account_id > p_after
    AND (boon_code.top_up_is_due(p_policy, t, p_at) OR (SELECT n.told FROM boon_code.top_up_news(p_policy, t, p_at) n) IS NOT NULL)
  ORDER BY t.account_id LIMIT p_limit
$$;
