-- The balance now: the open lots and the running totals.
CREATE FUNCTION boon_code.balance(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH lot AS (
    SELECT l.* FROM boon.lots l WHERE l.account_id = p_account AND l.open AND (l.expires_at IS NULL OR l.expires_at > p_at)
  )
  SELECT jsonb_build_object(
    'account_id', a.id, 'as_of', p_at,
    'available', boon_code.credits(coalesce((SELECT sum(l.remaining) FROM lot l), 0)::bigint),
    'held', boon_code.credits(a.debits_pending),
    'pending_in', boon_code.credits(coalesce((
      SELECT sum(g.amount) FROM boon.gifts g WHERE g.recipient_id = a.id AND g.deadline IS NOT NULL), 0)::bigint),
    'debt', boon_code.credits(coalesce((SELECT d.amount FROM boon.debts d WHERE d.account_id = a.id), 0)),
    'lots', coalesce((
      SELECT jsonb_agg(boon_code.lot_view(o) ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id)
      FROM boon.lots o JOIN lot l ON l.id = o.id), '[]'::jsonb))
  FROM boon.ledger_accounts a WHERE a.id = p_account
$$;
