-- The item that the next page of a duty would begin with: the one that failed, where a page of one item fails. Of resets that
-- expire the ledger asks with a query of its own, for it depends on the policy.
CREATE FUNCTION boon_code.first_due(p_what text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE p_what
    WHEN 'lots' THEN (SELECT l.id::text FROM boon.lots l WHERE l.open AND l.expires_at <= p_at
      AND NOT boon_code.is_aside('lots', l.id::text, p_at) ORDER BY l.expires_at, l.id LIMIT 1)
    WHEN 'reset_returns' THEN (SELECT r.id::text FROM boon.resets r WHERE r.return_at <= p_at
      AND NOT boon_code.is_aside('reset_returns', r.id::text, p_at) ORDER BY r.return_at, r.id LIMIT 1)
    WHEN 'invitations' THEN (SELECT x.id FROM boon.referrals x WHERE x.deadline <= p_at AND x.status IN ('invited', 'joined')
      AND NOT boon_code.is_aside('invitations', x.id, p_at) ORDER BY x.deadline, x.id LIMIT 1)
  END;
END $$;
