-- What can become of one gift: its credits go back, it is held, it is released. The caller has locked the gift.

-- Resolves the hold by returning its slices to the very lots they came from. A lot that expired meanwhile lives
-- on for the policy's grace period. A banked reset is its owner's again. The sender's counters get the place back.
CREATE FUNCTION boon.return_gift(
  g boon.gifts, p_status boon.gift_status, p_phase boon.transfer_phase, p_at timestamptz,
  p_reason_code text, p_reason text, p_by text
) RETURNS boon.gifts LANGUAGE plpgsql AS $$
DECLARE
  moved bigint;
  balance bigint;
  grace interval := (SELECT returned_valid_for FROM boon.policies WHERE version = g.policy_version);
BEGIN
  IF g.reset_id IS NOT NULL THEN
    PERFORM boon.release_reset(g, p_at);
  ELSE
    -- What was not on hold of a lot that expired meanwhile is gone, whether or not that has been posted yet.
    PERFORM boon.post_expiry(ARRAY(SELECT e.lot_id FROM boon.entries e WHERE e.transfer = g.transfer), p_at);
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending - g.amount WHERE a.id = g.payer_id
      RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT balance;
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)
      VALUES (p_phase, 'gift', g.payer_id, coalesce(g.recipient_id, 'boon:unclaimed'), g.amount, g.transfer, g.id, p_at)
      RETURNING seq INTO moved;
    WITH slice AS (
      SELECT e.lot_id, e.slice, -e.amount AS amount FROM boon.entries e WHERE e.transfer = g.transfer
    ), lot AS (
      UPDATE boon.lots l SET remaining = l.remaining + s.amount,
        expires_at = CASE WHEN l.expires_at <= p_at THEN p_at + grace ELSE l.expires_at END
      FROM slice s WHERE l.id = s.lot_id
    )
    INSERT INTO boon.entries
    SELECT moved, s.slice, g.payer_id, s.lot_id, 'gift_returned', s.amount,
      balance - g.amount + sum(s.amount) OVER (ORDER BY s.slice), g.id, p_at
    FROM slice s;
  END IF;
  UPDATE boon.gift_usage u SET
    day_count = u.day_count - CASE WHEN same_day THEN 1 ELSE 0 END,
    day_amount = u.day_amount - CASE WHEN same_day THEN g.amount ELSE 0 END,
    month_count = u.month_count - CASE WHEN same_month THEN 1 ELSE 0 END,
    month_amount = u.month_amount - CASE WHEN same_month THEN g.amount ELSE 0 END,
    promotional_count = u.promotional_count - CASE WHEN same_month AND promotional THEN 1 ELSE 0 END,
    promotional_amount = u.promotional_amount - CASE WHEN same_month AND promotional THEN g.amount ELSE 0 END
  FROM (SELECT u2.day = g.counted_on AS same_day,
               u2.month = date_trunc('month', g.counted_on::timestamp)::date AS same_month,
               g.payer_id = 'boon:promotional' AS promotional
        FROM boon.gift_usage u2 WHERE u2.account_id = g.sender_id) x
  WHERE u.account_id = g.sender_id;
  UPDATE boon.gifts SET status = p_status, ended_at = p_at, reason_code = p_reason_code, reason = p_reason,
    operated_by = p_by, held_at = NULL, hold_ends_at = NULL, token_hash = NULL, token_sealed = NULL
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.' || p_status, p_at);
  RETURN g;
END $$;

CREATE FUNCTION boon.hold_gift(
  g boon.gifts, p_held_by boon.gift_holder, p_at timestamptz, p_reason_code text, p_reason text, p_by text
) RETURNS boon.gifts LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.gifts SET status = 'held', held_from = g.status, held_by = p_held_by, held_at = p_at,
    hold_ends_at = p_at + (SELECT hold_at_most FROM boon.policies WHERE version = g.policy_version),
    reason_code = p_reason_code, reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.held', p_at);
  RETURN g;
END $$;

-- A hold stopped the clock: what was left of it when the hold began is left when it ends.
CREATE FUNCTION boon.release_gift(g boon.gifts, p_released_by boon.gift_releaser, p_at timestamptz, p_reason text, p_by text)
RETURNS boon.gifts LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.gifts SET status = g.held_from, released_by = p_released_by,
    settles_at = g.settles_at + greatest(p_at - g.held_at, interval '0'),
    claim_expires_at = g.claim_expires_at + CASE WHEN g.held_from = 'awaiting_claim'
                                                 THEN greatest(p_at - g.held_at, interval '0') ELSE interval '0' END,
    held_at = NULL, hold_ends_at = NULL, reason_code = NULL, reason = p_reason, operated_by = p_by
    WHERE id = g.id RETURNING * INTO g;
  PERFORM boon.emit_gift_event(g, 'gift.released', p_at);
  RETURN g;
END $$;
