-- At most p_limit resets of active accounts that have auto_redeem on, at their last moment, with something used: those
-- that are redeemed instead of expiring, after the one named by (p_expiry, p_reset). One that is looked at too late is
-- redeemed as of just before its expiry, if something was used by then.
CREATE FUNCTION boon_code.resets_at_last_moment(p_policy text, p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, expires_at timestamptz, late boolean) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.expires_at, r.expires_at <= p_at FROM boon.resets r
  JOIN boon.accounts a ON a.id = r.account_id
  WHERE r.status = 'available' AND r.expires_at <= p_at + boon_code.last_moment() AND (r.expires_at, r.id) > (p_expiry, p_reset)
    AND CASE WHEN r.expires_at <= p_at THEN (a.auto_redeem OR a.state_since > boon_code.last_moment_of(r)) AND boon_code.was_to_be_redeemed(r, p_policy)
      ELSE a.auto_redeem AND a.status = 'active' AND EXISTS (
        SELECT FROM boon.usage_windows w WHERE w.account_id = r.account_id AND w.used > 0
          AND w.started_at <= p_at AND w.started_at + boon_code.window_length(w.kind) > p_at) END
    AND NOT boon_code.is_aside('redemptions', r.id::text, p_at)
  ORDER BY r.expires_at, r.id LIMIT p_limit
$$;
