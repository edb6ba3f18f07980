-- Reminders ahead of a reset's expiry: one row a reset and reminder, once the mail is sent or known to be impossible.
CREATE TABLE boon.reset_reminders (
  reset_id bigint NOT NULL,
  before interval NOT NULL,
  outcome text NOT NULL,
  effective_at timestamptz NOT NULL,
  PRIMARY KEY (reset_id, before)
);
SELECT boon.make_append_only('boon.reset_reminders');

-- The reminders that fell due within the last day by p_at, of at most p_limit expiries that follow (p_expiry, p_account):
-- the resets of an account that expire at one moment go into one mail. A reminder that could not be sent for a day is
-- left out, and so is one that was due before the reset was granted.
CREATE FUNCTION boon.due_reminders(p_at timestamptz, p_expiry timestamptz, p_account text, p_limit int)
RETURNS TABLE (account_id text, email_sealed bytea, expires_at timestamptz, before interval, reset_ids bigint[]) LANGUAGE sql STABLE AS $$
  SELECT r.account_id, a.email_sealed, r.expires_at, b.before, array_agg(r.id ORDER BY r.id)
  FROM (SELECT DISTINCT unnest(p.reminders) AS before FROM boon.reset_rules p) b
  JOIN boon.resets r ON r.status = 'available' AND r.expires_at > p_at AND r.expires_at > p_at + b.before - interval '1 day'
    AND r.expires_at <= p_at + b.before AND r.expires_at - b.before > r.granted_at
  JOIN boon.reset_rules p ON p.version = r.policy_version AND b.before = ANY (p.reminders)
  JOIN boon.accounts a ON a.id = r.account_id AND a.email_sealed IS NOT NULL AND a.status <> 'closed'
  WHERE (p_expiry IS NULL OR (r.expires_at, r.account_id) > (p_expiry, p_account))
    AND NOT EXISTS (SELECT FROM boon.reset_reminders d WHERE d.reset_id = r.id AND d.before = b.before)
  GROUP BY r.expires_at, r.account_id, a.email_sealed, b.before
  ORDER BY r.expires_at, r.account_id, b.before LIMIT p_limit
$$;

-- Notes what became of a reminder; once noted it is not due any more.
CREATE FUNCTION boon.note_reminder(p_resets bigint[], p_before interval, p_outcome text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.reset_reminders SELECT r, p_before, p_outcome, p_at FROM unnest(p_resets) r ON CONFLICT DO NOTHING
$$;
