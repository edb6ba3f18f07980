-- The first moment after p_after at which time changes a reset, or null: for a clock that jumps from one to the next.
CREATE FUNCTION boon_code.next_reset_moment(p_after timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(r.expires_at) FROM boon.resets r WHERE r.status = 'available' AND r.expires_at > p_after),
    (SELECT min(r.return_at) FROM boon.resets r WHERE r.return_at > p_after),
    (SELECT min(r.expires_at - boon_code.last_moment()) FROM boon.resets r JOIN boon.accounts a ON a.id = r.account_id AND a.auto_redeem
     WHERE r.status = 'available' AND r.expires_at > p_after + boon_code.last_moment()),
    (SELECT min(r.expires_at - b.before) FROM boon.resets r JOIN boon.reset_rules p ON p.version = r.policy_version
     CROSS JOIN LATERAL unnest(p.reminders) b (before)
     WHERE r.status = 'available' AND r.expires_at > p_after + b.before AND r.expires_at - b.before > r.granted_at),
    (SELECT min(r.granted_at) FROM boon.resets r JOIN boon.reset_rules p ON p.version = r.policy_version
     CROSS JOIN LATERAL unnest(p.reminders) b (before)
     WHERE r.status = 'available' AND r.granted_at > p_after AND r.expires_at - b.before <= r.granted_at AND boon_code.is_reminded(r, b.before, p.reminders)))
$$;
