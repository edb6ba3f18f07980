-- Posts the expiry of at most p_limit resets, the soonest first, each with effect from the moment it expired.
-- Returns how many.
CREATE FUNCTION boon_code.expire_resets(p_policy text, p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.status = 'available' AND r.expires_at <= p_at AND boon_code.is_expiry_due(r, p_policy, p_at)
    AND NOT boon_code.is_aside('reset_expiries', r.id::text, p_at) ORDER BY r.expires_at, r.id LIMIT p_limit);
  expired bigint;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT r.account_id FROM boon.resets r WHERE r.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  WITH lapsed AS (
    UPDATE boon.resets r SET status = 'expired' WHERE r.id = ANY (due) AND r.status = 'available' AND r.expires_at <= p_at
    RETURNING r.id, r.account_id, r.expires_at
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT x.id, x.account_id, 'expired', x.id::text, x.expires_at FROM lapsed x ORDER BY x.expires_at, x.id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.expired', x.id::text, ARRAY[x.account_id], jsonb_build_object('reset_id', x.id::text), x.expires_at
    FROM lapsed x ORDER BY x.expires_at, x.id
  )
  SELECT count(*) INTO expired FROM lapsed;
  RETURN expired;
END $$;
