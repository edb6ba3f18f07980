-- How many micro-credits an account can still be given; null when there is no such account.
CREATE FUNCTION boon_code.room_of(p_account text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(boon_code.most_credits() - a.credits_posted, 0) FROM boon.ledger_accounts a WHERE a.id = p_account
$$;
