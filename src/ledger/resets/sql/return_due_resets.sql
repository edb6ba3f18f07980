-- The weekly windows that have ended by themselves by p_at: at most p_limit resets that come back for them, each with
-- effect from the end of its window. Returns how many.
CREATE FUNCTION boon_code.return_due_resets(p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.return_at <= p_at
    AND NOT boon_code.is_aside('reset_returns', r.id::text, p_at) ORDER BY r.return_at, r.id LIMIT p_limit);
  useless bigint[];
  moments timestamptz[];
BEGIN
  -- Accounts are locked before what is theirs, in id order, as every writer does; then it is looked at again.
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT r.account_id FROM boon.resets r WHERE r.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT array_agg(r.id ORDER BY r.return_at, r.id), array_agg(r.return_at ORDER BY r.return_at, r.id) INTO useless, moments
    FROM boon.resets r WHERE r.id = ANY (due) AND r.return_at <= p_at;
  RETURN coalesce(boon_code.post_returns(useless, moments, p_at), 0);
END $$;
