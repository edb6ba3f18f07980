-- What the rules look at, all bounded so that a busy account costs no more than a quiet one. A function in FROM
-- that PostgreSQL inlines: it is planned with the query around it.
CREATE FUNCTION boon_code.screening_facts(
  p_sender text, p_recipient text, p_recipient_kind text, p_at timestamptz, p boon.policies
) RETURNS TABLE (recent_gifts bigint, recent_recipients text[], other_senders bigint, comes_back boolean)
LANGUAGE sql STABLE AS $$
  SELECT
    CASE WHEN p.velocity <> 'allow' THEN (
      SELECT count(*) FROM (
        SELECT FROM boon.gifts g WHERE g.sender_id = p_sender AND g.accepted_at > p_at - p.velocity_within
        ORDER BY g.accepted_at DESC LIMIT p.velocity_gifts + 1) recent) END,
    CASE WHEN p.fan_out <> 'allow' THEN ARRAY(
      SELECT DISTINCT recent.recipient FROM (
        SELECT coalesce(g.recipient_id, encode(g.email_index, 'hex')) AS recipient FROM boon.gifts g
        WHERE g.sender_id = p_sender AND g.accepted_at > p_at - p.fan_out_within
        ORDER BY g.accepted_at DESC LIMIT 1000) recent) END,
    -- An organisation is given to by many: only a person who is looks like a resale.
    CASE WHEN p.fan_in <> 'allow' AND p_recipient_kind = 'person' THEN (
      SELECT count(DISTINCT recent.sender_id) FROM (
        SELECT g.sender_id FROM boon.gifts g
        WHERE g.recipient_id = p_recipient AND g.sender_id <> p_sender AND g.accepted_at > p_at - p.fan_in_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 1000) recent) END,
    -- Who gave to the sender is the recipient, or one whom the recipient gave to.
    CASE WHEN p.circle <> 'allow' THEN EXISTS (
      SELECT FROM (
        SELECT g.sender_id FROM boon.gifts g
        WHERE g.recipient_id = p_sender AND g.accepted_at > p_at - p.circle_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 100) back
      WHERE back.sender_id = p_recipient OR back.sender_id IN (
        SELECT g.recipient_id FROM boon.gifts g
        WHERE g.sender_id = p_recipient AND g.accepted_at > p_at - p.circle_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 100)) END
$$;
