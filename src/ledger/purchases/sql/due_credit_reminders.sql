-- The reminders that fell due within the last day by p_at, of at most p_limit lots that follow (p_expiry, p_lot). One
-- that could not be sent for a day is left out, and so is one that was due before the credits were bought.
CREATE FUNCTION boon_code.due_credit_reminders(p_at timestamptz, p_expiry timestamptz, p_lot bigint, p_limit int)
RETURNS TABLE (lot_id bigint, account_id text, email_sealed bytea, remaining text, expires_at timestamptz, before interval) LANGUAGE sql STABLE AS $$
  SELECT l.id, l.account_id, l.email_sealed, boon_code.credits(l.remaining), l.expires_at, b.before
  FROM (SELECT DISTINCT unnest(p.reminders) AS before FROM boon.purchase_rules p) b
  CROSS JOIN LATERAL (
    SELECT x.id, x.account_id, x.remaining, x.expires_at, a.email_sealed FROM boon.lots x
    JOIN boon.purchases q ON q.lot_id = x.id
    JOIN boon.purchase_rules p ON p.version = q.policy_version AND b.before = ANY (p.reminders)
    JOIN boon.accounts a ON a.id = x.account_id AND a.email_sealed IS NOT NULL AND a.status <> 'closed'
    WHERE x.open AND x.source = 'purchased' AND x.expires_at > greatest(p_at, p_at + b.before - interval '1 day') AND x.expires_at <= p_at + b.before
      AND (x.expires_at, x.id) > (p_expiry, p_lot) AND x.expires_at - b.before > x.granted_at
      AND NOT EXISTS (SELECT FROM boon.credit_reminders d WHERE d.lot_id = x.id AND d.before = b.before)
    ORDER BY x.expires_at, x.id LIMIT p_limit) l
  ORDER BY l.expires_at, l.id, b.before LIMIT p_limit
$$;
