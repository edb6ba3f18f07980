CREATE FUNCTION boon_code.purchase_view(p boon.purchases) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', p.id, 'account_id', p.account_id, 'kind', p.kind, 'status', p.status, 'package', p.package,
    'credits', boon_code.credits(p.credits), 'resets', p.resets, 'price', boon_code.coins(p.price, p.currency),
    'checkout', CASE WHEN p.checkout_id IS NOT NULL THEN jsonb_build_object('id', p.checkout_id, 'url', p.checkout_url) END,
    'save_card', p.save_card, 'created_at', p.created_at, 'expires_at', p.expires_at, 'paid_at', p.paid_at, 'ended_at', p.ended_at,
    'reason_code', p.reason_code, 'lot_id', p.lot_id::text, 'refunded', boon_code.coins(boon_code.money_refunded(p), p.currency),
    'refunding', boon_code.coins(boon_code.money_refunding(p), p.currency),
    'disputed', boon_code.coins(boon_code.money_disputed(p), p.currency),
    'refunds', coalesce((SELECT jsonb_agg(boon_code.refund_view(r) ORDER BY r.created_at, r.id) FROM boon.refunds r WHERE r.purchase_id = p.id), '[]'),
    'taken_back', jsonb_build_object('credits', boon_code.credits(p.taken), 'resets', p.resets_taken), 'owed', boon_code.credits(p.owed))
$$;
