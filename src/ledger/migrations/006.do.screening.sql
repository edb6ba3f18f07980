-- Screening (G10) and limits: each rule catches one pattern and has its own reason code, the rule's name. What a rule does
-- (`allow`, `hold`, `deny`) and its numbers are policy.

-- What the rules look at, all bounded so that a busy account costs no more than a quiet one. A function in FROM
-- that PostgreSQL inlines: it is planned with the query around it.
CREATE FUNCTION boon.screening_facts(
  p_sender text, p_recipient text, p_recipient_kind text, p_at timestamptz, p boon.policies
) RETURNS TABLE (recent_gifts bigint, recent_recipients text[], recent_senders bigint, comes_back boolean)
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
        WHERE g.recipient_id = p_recipient AND g.accepted_at > p_at - p.fan_in_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 1000) recent) END,
    CASE WHEN p.circle <> 'allow' THEN EXISTS (
      SELECT FROM (
        SELECT g.sender_id FROM boon.gifts g
        WHERE g.recipient_id = p_sender AND g.accepted_at > p_at - p.circle_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 100) back
      WHERE back.sender_id = p_recipient OR EXISTS (
        SELECT FROM (
          SELECT g.sender_id FROM boon.gifts g
          WHERE g.recipient_id = back.sender_id AND g.accepted_at > p_at - p.circle_within
            AND g.status NOT IN ('canceled', 'expired', 'rejected')
          ORDER BY g.accepted_at DESC LIMIT 100) earlier
        WHERE earlier.sender_id = p_recipient)) END
$$;

-- The strongest verdict of the rules that catch a gift, and the first rule that gave it. Counts include the gift
-- that is being screened; a null count is a rule that does not apply.
CREATE FUNCTION boon.screening_verdict(
  p boon.policies, p_amount bigint, p_sender_created_at timestamptz, p_at timestamptz,
  p_gifts bigint, p_recipients bigint, p_senders bigint, p_comes_back boolean, p_fingerprint_shared boolean,
  OUT verdict boon.verdict, OUT rule text
) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  verdict := 'allow';
  IF p.velocity > verdict AND p_gifts > p.velocity_gifts THEN
    verdict := p.velocity; rule := 'velocity';
  END IF;
  IF p.new_account > verdict AND p_amount >= p.new_account_above
     AND p_sender_created_at + p.new_account_younger_than > p_at THEN
    verdict := p.new_account; rule := 'new_account';
  END IF;
  IF p.shared_fingerprint > verdict AND p_fingerprint_shared THEN
    verdict := p.shared_fingerprint; rule := 'shared_fingerprint';
  END IF;
  IF p.fan_in > verdict AND p_senders > p.fan_in_senders THEN
    verdict := p.fan_in; rule := 'fan_in';
  END IF;
  IF p.fan_out > verdict AND p_recipients > p.fan_out_recipients THEN
    verdict := p.fan_out; rule := 'fan_out';
  END IF;
  IF p.circle > verdict AND p_comes_back THEN
    verdict := p.circle; rule := 'circle';
  END IF;
END $$;

-- Which of a sender's limits one more gift of this amount would break, if any.
CREATE FUNCTION boon.gift_limit_reached(
  p boon.policies, used boon.gift_usage, p_payer text, p_amount bigint, OUT reason text, OUT detail text
) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF used.day_count >= p.day_count THEN
    reason := 'per_day_count'; detail := format('The sender may give %s times a day and has.', p.day_count);
  ELSIF used.day_amount + p_amount > p.day_amount THEN
    reason := 'per_day_amount';
    detail := format('The sender may give %s credits a day and has given %s.', boon.credits(p.day_amount), boon.credits(used.day_amount));
  ELSIF used.month_count >= p.month_count THEN
    reason := 'per_month_count'; detail := format('The sender may give %s times a month and has.', p.month_count);
  ELSIF used.month_amount + p_amount > p.month_amount THEN
    reason := 'per_month_amount';
    detail := format('The sender may give %s credits a month and has given %s.', boon.credits(p.month_amount), boon.credits(used.month_amount));
  ELSIF p_payer = 'boon:promotional' AND used.promotional_count >= p.promotional_count THEN
    reason := 'promotional_count'; detail := format('The sender may give %s promotional gifts a month and has.', p.promotional_count);
  ELSIF p_payer = 'boon:promotional' AND used.promotional_amount + p_amount > p.promotional_amount THEN
    reason := 'promotional_amount';
    detail := format('The sender may give %s promotional credits a month and has given %s.', boon.credits(p.promotional_amount), boon.credits(used.promotional_amount));
  END IF;
END $$;

-- An instant and a duration as a person reads them in a refusal.
CREATE FUNCTION boon.instant_text(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
CREATE FUNCTION boon.duration_text(d interval) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN d::text;
