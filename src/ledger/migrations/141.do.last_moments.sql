-- Servers' clocks differ: what was used by one that is ahead is given back by one that lags behind.

-- At most p_limit resets that are at their last moment, or were and are still to be had, of accounts that have auto_redeem
-- on, or had it then, with something used: those that are redeemed instead of expiring, after the one named by
-- (p_expiry, p_reset). One that is looked at too late is redeemed as of just before its expiry. A window
-- that another server's clock opened a moment later is open: the redemption takes place no sooner than that.
CREATE OR REPLACE FUNCTION boon.resets_at_last_moment(p_policy text, p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, expires_at timestamptz, late boolean) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.expires_at, r.expires_at <= p_at FROM boon.resets r
  JOIN boon.accounts a ON a.id = r.account_id
  WHERE r.status = 'available' AND r.expires_at <= p_at + boon.last_moment() AND (r.expires_at, r.id) > (p_expiry, p_reset)
    AND CASE WHEN r.expires_at <= p_at THEN (a.auto_redeem OR a.state_since > boon.last_moment_of(r)) AND boon.was_to_be_redeemed(r, p_policy)
      ELSE a.auto_redeem AND a.status = 'active' AND EXISTS (
        SELECT FROM boon.usage_windows w WHERE w.account_id = r.account_id AND w.used > 0
          AND w.started_at + boon.window_length(w.kind) > p_at) END
    AND NOT boon.is_aside('redemptions', r.id::text, p_at)
  ORDER BY r.expires_at, r.id LIMIT p_limit
$$;
