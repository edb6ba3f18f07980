-- The pages of the schedules' duties leave out what is put aside until its next try (stuck_items): an item that cannot be
-- done is not the first of every page.

-- Posts the expiry of at most p_limit lots, the soonest first.
CREATE OR REPLACE FUNCTION boon.expire_lots(p_at timestamptz, p_limit int, OUT lots bigint, OUT amount text) LANGUAGE plpgsql AS $$
DECLARE
  due bigint[];
BEGIN
  -- Accounts are locked before their lots, in id order, as every writer does; then the lots are looked at again.
  due := ARRAY(SELECT l.id FROM boon.lots l WHERE l.open AND l.expires_at <= p_at
    AND NOT boon.is_aside('lots', l.id::text, p_at) ORDER BY l.expires_at, l.id LIMIT p_limit);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT l.account_id FROM boon.lots l WHERE l.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT x.lots, boon.credits(x.amount) INTO lots, amount FROM boon.post_expiry(due, p_at) x;
END $$;

-- The weekly windows that have ended by themselves by p_at: at most p_limit resets that come back for them, each with
-- effect from the end of its window. Returns how many.
CREATE OR REPLACE FUNCTION boon.return_due_resets(p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.return_at <= p_at
    AND NOT boon.is_aside('reset_returns', r.id::text, p_at) ORDER BY r.return_at, r.id LIMIT p_limit);
  useless bigint[];
  moments timestamptz[];
BEGIN
  -- Accounts are locked before what is theirs, in id order, as every writer does; then it is looked at again.
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT r.account_id FROM boon.resets r WHERE r.id = ANY (due)) ORDER BY a.id FOR UPDATE;
  SELECT array_agg(r.id ORDER BY r.return_at, r.id), array_agg(r.return_at ORDER BY r.return_at, r.id) INTO useless, moments
    FROM boon.resets r WHERE r.id = ANY (due) AND r.return_at <= p_at;
  RETURN coalesce(boon.post_returns(useless, moments), 0);
END $$;

-- Posts the expiry of at most p_limit resets, the soonest first, each with effect from the moment it expired.
-- Returns how many.
CREATE OR REPLACE FUNCTION boon.expire_resets(p_at timestamptz, p_limit int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  due bigint[] := ARRAY(SELECT r.id FROM boon.resets r WHERE r.status = 'available' AND r.expires_at <= p_at
    AND NOT boon.is_aside('reset_expiries', r.id::text, p_at) ORDER BY r.expires_at, r.id LIMIT p_limit);
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

-- At most p_limit resets of active accounts that have auto_redeem on, at their last moment, with something used: those
-- that are redeemed instead of expiring, after the one named by (p_expiry, p_reset). One that is looked at too late is
-- redeemed as of just before its expiry, if something was used by then.
CREATE OR REPLACE FUNCTION boon.resets_at_last_moment(p_at timestamptz, p_expiry timestamptz, p_reset bigint, p_limit int)
RETURNS TABLE (reset_id bigint, account_id text, expires_at timestamptz, at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT r.id, r.account_id, r.expires_at, m.at FROM boon.resets r
  JOIN boon.accounts a ON a.id = r.account_id AND a.auto_redeem AND a.status = 'active'
  CROSS JOIN LATERAL (SELECT least(p_at, r.expires_at - interval '1 millisecond') AS at) m
  WHERE r.status = 'available' AND r.expires_at <= p_at + boon.last_moment() AND (r.expires_at, r.id) > (p_expiry, p_reset)
    AND EXISTS (
      SELECT FROM boon.usage_windows w WHERE w.account_id = r.account_id AND w.used > 0
        AND w.started_at <= m.at AND w.started_at + boon.window_length(w.kind) > m.at)
    AND NOT boon.is_aside('redemptions', r.id::text, p_at)
  ORDER BY r.expires_at, r.id LIMIT p_limit
$$;

-- Ends at most p_limit invitations that ran out, the longest overdue first; their places are free again.
CREATE OR REPLACE FUNCTION boon.expire_referrals(p_at timestamptz, p_limit int) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  r boon.referrals;
BEGIN
  FOR r IN
    SELECT * FROM boon.referrals x WHERE x.deadline <= p_at AND x.status IN ('invited', 'joined') AND NOT boon.is_aside('invitations', x.id, p_at)
    ORDER BY x.deadline, x.id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    r := boon.end_referral(r, 'expired', p_at, CASE r.status WHEN 'invited' THEN 'not_used_in_time' ELSE 'not_qualified_in_time' END,
      CASE r.status WHEN 'invited' THEN 'The link was not used in time.'
                    ELSE format('The friend sent %s of %s prompts in time.', r.prompts_seen, r.prompts_required) END, NULL, NULL);
    RETURN NEXT boon.referral_view(r);
  END LOOP;
END $$;

-- The item that the next page of a duty would begin with: the one that failed, where a page of one item fails.
CREATE FUNCTION boon.first_due(p_what text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE p_what
    WHEN 'lots' THEN (SELECT l.id::text FROM boon.lots l WHERE l.open AND l.expires_at <= p_at
      AND NOT boon.is_aside('lots', l.id::text, p_at) ORDER BY l.expires_at, l.id LIMIT 1)
    WHEN 'reset_returns' THEN (SELECT r.id::text FROM boon.resets r WHERE r.return_at <= p_at
      AND NOT boon.is_aside('reset_returns', r.id::text, p_at) ORDER BY r.return_at, r.id LIMIT 1)
    WHEN 'reset_expiries' THEN (SELECT r.id::text FROM boon.resets r WHERE r.status = 'available' AND r.expires_at <= p_at
      AND NOT boon.is_aside('reset_expiries', r.id::text, p_at) ORDER BY r.expires_at, r.id LIMIT 1)
    WHEN 'invitations' THEN (SELECT x.id FROM boon.referrals x WHERE x.deadline <= p_at AND x.status IN ('invited', 'joined')
      AND NOT boon.is_aside('invitations', x.id, p_at) ORDER BY x.deadline, x.id LIMIT 1)
  END;
END $$;
