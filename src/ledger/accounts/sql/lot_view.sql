CREATE FUNCTION boon_code.lot_view(l boon.lots) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', l.id::text, 'source', l.source, 'granted', boon_code.credits(l.granted),
    'remaining', boon_code.credits(l.remaining), 'granted_at', l.granted_at, 'expires_at', l.expires_at,
    'giftable', l.giftable, 'products', l.products)
$$;
