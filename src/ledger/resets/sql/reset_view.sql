-- A reset as readers see it at a moment: one whose time is over has expired, whether or not that has been posted yet.
CREATE FUNCTION boon_code.reset_view(r boon.resets, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', r.id::text,
    'status', CASE WHEN r.status = 'available' AND r.expires_at <= p_at THEN 'expired' ELSE r.status END,
    'source', r.source,
    'source_id', CASE WHEN r.source IN ('campaign', 'complimentary') THEN r.program WHEN r.source <> 'grant' THEN r.reference END,
    'program', CASE WHEN r.source IN ('referral', 'grant') THEN r.program END, 'granted_at', r.granted_at, 'expires_at', r.expires_at, 'redeemed_at', r.redeemed_at)
$$;
