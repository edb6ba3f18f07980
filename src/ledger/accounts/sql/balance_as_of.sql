-- The balance at a past moment: what the entries effective by then add up to. Of a lot that a lagging clock spent
-- from before it was granted there is nothing yet.
CREATE FUNCTION boon_code.balance_as_of(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH lot AS (
    SELECT l.id, l.source, l.granted, l.granted_at, l.expires_at, l.giftable, l.products, sum(e.amount)::bigint AS remaining
    FROM boon.entries e JOIN boon.lots l ON l.id = e.lot_id
    WHERE e.account_id = p_account AND e.effective_at <= p_at AND (l.expires_at IS NULL OR l.expires_at > p_at)
    GROUP BY l.id HAVING sum(e.amount) > 0
  ), open_gift AS (
    SELECT g.* FROM boon.gifts g
    WHERE g.accepted_at <= p_at AND coalesce(g.settled_at, g.ended_at, 'infinity') > p_at
      AND (g.sender_id = p_account OR g.recipient_id = p_account)
    UNION ALL
    SELECT g.* FROM boon.gifts g
    WHERE p_account = 'boon:promotional' AND g.payer_id = p_account
      AND g.accepted_at <= p_at AND coalesce(g.settled_at, g.ended_at, 'infinity') > p_at
  )
  SELECT jsonb_build_object(
    'account_id', a.id, 'as_of', p_at,
    'available', boon_code.credits(coalesce((SELECT sum(l.remaining) FROM lot l), 0)::bigint),
    'held', boon_code.credits(coalesce((SELECT sum(g.amount) FROM open_gift g WHERE g.payer_id = p_account), 0)::bigint),
    'pending_in', boon_code.credits(coalesce((
      SELECT sum(g.amount) FROM open_gift g
      WHERE g.recipient_id = p_account AND coalesce(g.claimed_at, g.accepted_at) <= p_at), 0)::bigint),
    'debt', boon_code.credits(coalesce((
      SELECT sum(CASE d.kind WHEN 'incurred' THEN d.amount WHEN 'returned' THEN 0 ELSE -d.amount END) FROM boon.debt_movements d
      WHERE d.account_id = p_account AND d.effective_at <= p_at), 0)::bigint),
    'lots', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', l.id::text, 'source', l.source, 'granted', boon_code.credits(l.granted),
        'remaining', boon_code.credits(l.remaining), 'granted_at', l.granted_at, 'expires_at', l.expires_at, 'giftable', l.giftable, 'products', l.products)
        ORDER BY l.expires_at NULLS LAST, l.source, l.granted_at, l.id)
      FROM lot l), '[]'::jsonb))
  FROM boon.ledger_accounts a WHERE a.id = p_account
$$;
