-- A gift as JSON, amounts as decimal strings: what readers and recorded answers show.
CREATE FUNCTION boon_code.gift_view(g boon.gifts) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', g.id, 'status', g.status, 'from', g.sender_id, 'to', g.recipient_id,
    'by_email', g.email_index IS NOT NULL, 'amount', boon_code.credits(g.amount),
    'funding', CASE g.payer_id WHEN 'boon:promotional' THEN 'promotional' ELSE 'transfer' END,
    'message', g.message, 'policy_version', g.policy_version, 'created_at', g.accepted_at,
    'settles_at', g.settles_at, 'claim_expires_at', g.claim_expires_at, 'hold_ends_at', g.hold_ends_at,
    'settled_at', g.settled_at, 'reason_code', g.reason_code, 'reason', g.reason, 'deadline', g.deadline,
    'reversal', CASE WHEN g.recovered IS NOT NULL THEN jsonb_build_object(
      'recovered', boon_code.credits(g.recovered), 'unrecovered', boon_code.credits(g.amount - g.recovered)) END)
    || CASE WHEN g.reset_id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('reset_id', g.reset_id::text) END
$$;
