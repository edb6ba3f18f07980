-- Remembers uses that were refused for lack of credits: by how many each account was short. Only accounts with a consent
-- matter; a use of before the consent does not. The caller has locked the accounts.
CREATE FUNCTION boon_code.note_want_of_credits(p_accounts text[], p_amounts bigint[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE boon.top_ups t SET wanted_at = greatest(t.wanted_at, p_at),
    wanted = greatest(CASE WHEN t.wanted_at > p_at THEN t.wanted END, boon_code.own_credits(t.account_id, p_at) + w.short)
  FROM (SELECT u.account_id, max(u.short) AS short FROM unnest(p_accounts, p_amounts) u (account_id, short) WHERE u.short > 0 GROUP BY 1) w
  WHERE t.account_id = w.account_id AND t.consented_at <= p_at
$$;
