-- Reminders ahead of a reset's expiry: one row a reset and reminder, once the mail is sent or known to be impossible.
CREATE TABLE boon.reset_reminders (
  reset_id bigint NOT NULL,
  before interval NOT NULL,
  outcome text NOT NULL,
  effective_at timestamptz NOT NULL,
  PRIMARY KEY (reset_id, before)
);
SELECT boon.make_append_only('boon.reset_reminders');

-- The reminders that fell due within the last day by p_at, of at most p_limit resets that follow (p_expiry, p_reset). A
-- reminder that could not be sent for a day is left out, and so is one that was due before the reset was granted.
CREATE FUNCTION boon.due_reminders(p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, email_sealed bytea, expires_at timestamptz, before interval) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.email_sealed, r.expires_at, b.before
  FROM (SELECT DISTINCT unnest(p.reminders) AS before FROM boon.reset_rules p) b
  CROSS JOIN LATERAL (
    SELECT x.id, x.account_id, x.expires_at, a.email_sealed FROM boon.resets x
    JOIN boon.reset_rules p ON p.version = x.policy_version AND b.before = ANY (p.reminders)
    JOIN boon.accounts a ON a.id = x.account_id AND a.email_sealed IS NOT NULL AND a.status <> 'closed'
    WHERE x.status = 'available' AND x.expires_at > greatest(p_at, p_at + b.before - interval '1 day') AND x.expires_at <= p_at + b.before
      AND (x.expires_at, x.id) > (p_expiry, p_reset) AND x.expires_at - b.before > x.granted_at
      AND NOT EXISTS (SELECT FROM boon.reset_reminders d WHERE d.reset_id = x.id AND d.before = b.before)
    ORDER BY x.expires_at, x.id LIMIT p_limit) r
  ORDER BY r.expires_at, r.id, b.before LIMIT p_limit
$$;

-- Notes what became of a reminder; once noted it is not due any more.
CREATE FUNCTION boon.note_reminder(p_resets bigint[], p_before interval, p_outcome text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.reset_reminders SELECT r, p_before, p_outcome, p_at FROM unnest(p_resets) r ON CONFLICT DO NOTHING
$$;
