-- Whether a top-up is due: consented to, wanted, none under way, and nothing keeps it.
CREATE FUNCTION boon_code.top_up_is_due(p_policy text, t boon.top_ups, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT boon_code.top_up_is_wanted(t, p_at)
    AND NOT EXISTS (SELECT FROM boon.purchases x WHERE x.account_id = t.account_id AND x.kind = 'top_up' AND x.status = 'open')
    AND (SELECT b.reason FROM boon_code.top_up_block(p_policy, t, p_at) b) IS NULL
$$;
