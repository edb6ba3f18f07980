-- A use that was refused for want of credits makes a top-up due, too: what is there did not pay for it, though it be above the
-- sum that the owner named.

-- When that was, and with how many credits of its own the account could have paid; null once a top-up has begun.
ALTER TABLE boon.top_ups ADD COLUMN wanted_at timestamptz, ADD COLUMN wanted bigint,
  ADD CONSTRAINT want_is_sound CHECK ((wanted_at IS NULL) = (wanted IS NULL));

-- Remembers uses that were refused for want of credits: by how many each account was short. Only accounts with a consent
-- matter; a use of before the consent does not. The caller has locked the accounts.
CREATE FUNCTION boon.note_want_of_credits(p_accounts text[], p_amounts bigint[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE boon.top_ups t SET wanted_at = greatest(t.wanted_at, p_at),
    wanted = greatest(CASE WHEN t.wanted_at > p_at THEN t.wanted END, boon.own_credits(t.account_id, p_at) + w.short)
  FROM (SELECT u.account_id, max(u.short) AS short FROM unnest(p_accounts, p_amounts) u (account_id, short) WHERE u.short > 0 GROUP BY 1) w
  WHERE t.account_id = w.account_id AND t.consented_at <= p_at
$$;
