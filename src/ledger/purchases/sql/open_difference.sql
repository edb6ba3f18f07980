-- Opens the case of a difference that a person must decide, once for ever: {key, subject, subject_id, account_id, reason, payment_id?,
-- amount?, currency?, wanted, at, …}. Answers the case, closed where somebody has decided before.
CREATE FUNCTION boon_code.open_difference(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c boon.payment_cases;
BEGIN
  c.key := m ->> 'key'; c.status := 'open'; c.subject := (m ->> 'subject')::boon.case_subject; c.subject_id := m ->> 'subject_id';
  c.account_id := m ->> 'account_id'; c.reason := (m ->> 'reason')::boon.case_reason; c.payment_id := m ->> 'payment_id';
  c.said := m - ARRAY['key', 'subject', 'subject_id', 'account_id', 'reason', 'wanted']; c.wanted := m -> 'wanted'; c.opened_at := (m ->> 'at')::timestamptz;
  PERFORM pg_advisory_xact_lock(hashtextextended(c.key, 0));
  RETURN boon_code.case_view(boon_code.open_payment_case(c));
END $$;
