-- Posts the expiry of at most p_limit lots, the soonest first.
CREATE FUNCTION boon_code.expire_lots(p_at timestamptz, p_limit int, OUT lots bigint, OUT amount text) LANGUAGE plpgsql AS $$
DECLARE
  due bigint[];
BEGIN
  -- Accounts are locked before their lots, in id order, as every writer does; then the lots are looked at again.
  due := ARRAY(SELECT l.id FROM boon.lots l WHERE l.open AND l.expires_at <= p_at
    AND NOT boon_code.is_aside('lots', l.id::text, p_at) ORDER BY l.expires_at, l.id LIMIT p_limit);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT l.account_id FROM boon.lots l WHERE l.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT x.lots, boon_code.credits(x.amount) INTO lots, amount FROM boon_code.post_expiry(due, p_at) x;
END $$;
