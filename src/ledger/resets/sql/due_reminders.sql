-- The reminders that fell due within the last day by p_at, of at most p_limit resets that follow (p_expiry, p_reset). A
-- reminder that could not be sent for a day is left out, and so is one that was due before the reset was granted: but one
-- that goes on from another, and begins on its last day, has the reminder of that day at its beginning.
CREATE FUNCTION boon_code.due_reminders(p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, email_sealed bytea, expires_at timestamptz, before interval) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.email_sealed, r.expires_at, b.before
  FROM (SELECT DISTINCT unnest(p.reminders) AS before FROM boon.reset_rules p) b
  CROSS JOIN LATERAL (
    SELECT x.id, x.account_id, x.expires_at, a.email_sealed FROM boon.resets x
    JOIN boon.reset_rules p ON p.version = x.policy_version AND b.before = ANY (p.reminders)
    JOIN boon.accounts a ON a.id = x.account_id AND a.email_sealed IS NOT NULL AND a.status <> 'closed'
    WHERE x.status = 'available' AND x.expires_at > greatest(p_at, p_at + b.before - interval '1 day') AND x.expires_at <= p_at + b.before
      AND (x.expires_at, x.id) > (p_expiry, p_reset) AND boon_code.is_reminded(x, b.before, p.reminders)
      AND NOT EXISTS (SELECT FROM boon.reset_reminders d WHERE d.reset_id = x.id AND d.before = b.before)
    ORDER BY x.expires_at, x.id LIMIT p_limit) r
  ORDER BY r.expires_at, r.id, b.before LIMIT p_limit
$$;
