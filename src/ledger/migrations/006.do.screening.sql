-- Screening (G10) and limits: each rule catches one pattern and has its own reason code, the rule's name. What a rule does
-- (`allow`, `hold`, `deny`) and its numbers are policy.

-- What the rules look at, all bounded so that a busy account costs no more than a quiet one. A function in FROM
-- that PostgreSQL inlines: it is planned with the query around it.
CREATE FUNCTION boon.screening_facts(
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

-- The rule that catches a gift with the strongest verdict, the first of them; null when none does. Counts include
-- the gift that is being screened; what is null belongs to a rule that does not apply.
CREATE FUNCTION boon.caught_by(
  p boon.policies, p_amount bigint, p_sender_created_at timestamptz, p_at timestamptz,
  p_gifts bigint, p_recipients bigint, p_senders bigint, p_comes_back boolean, p_fingerprint_shared boolean
) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  verdict boon.verdict := 'allow';
  rule text;
BEGIN
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
    rule := 'circle';
  END IF;
  RETURN rule;
END $$;

-- What a rule says of the gifts it catches.
CREATE FUNCTION boon.verdict_of(p boon.policies, p_rule text) RETURNS boon.verdict LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_rule WHEN 'velocity' THEN p.velocity WHEN 'new_account' THEN p.new_account
    WHEN 'shared_fingerprint' THEN p.shared_fingerprint WHEN 'fan_in' THEN p.fan_in WHEN 'fan_out' THEN p.fan_out
    WHEN 'circle' THEN p.circle ELSE 'allow' END
$$;

-- Which of a sender's limits one more gift of this amount would break; null when none.
CREATE FUNCTION boon.limit_reached(p boon.policies, used boon.gift_usage, p_payer text, p_amount bigint)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF used.day_count >= p.day_count THEN RETURN 'per_day_count'; END IF;
  IF used.day_amount + p_amount > p.day_amount THEN RETURN 'per_day_amount'; END IF;
  IF used.month_count >= p.month_count THEN RETURN 'per_month_count'; END IF;
  IF used.month_amount + p_amount > p.month_amount THEN RETURN 'per_month_amount'; END IF;
  IF p_payer = 'boon:promotional' THEN
    IF used.promotional_count >= p.promotional_count THEN RETURN 'promotional_count'; END IF;
    IF used.promotional_amount + p_amount > p.promotional_amount THEN RETURN 'promotional_amount'; END IF;
  END IF;
  RETURN NULL;
END $$;

-- A reached limit in words.
CREATE FUNCTION boon.limit_detail(p boon.policies, used boon.gift_usage, p_limit text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_limit
    WHEN 'per_day_count' THEN format('The sender may give %s times a day and has.', p.day_count)
    WHEN 'per_day_amount' THEN format('The sender may give %s credits a day and has given %s.', boon.credits(p.day_amount), boon.credits(used.day_amount))
    WHEN 'per_month_count' THEN format('The sender may give %s times a month and has.', p.month_count)
    WHEN 'per_month_amount' THEN format('The sender may give %s credits a month and has given %s.', boon.credits(p.month_amount), boon.credits(used.month_amount))
    WHEN 'promotional_count' THEN format('The sender may give %s promotional gifts a month and has.', p.promotional_count)
    WHEN 'promotional_amount' THEN format('The sender may give %s promotional credits a month and has given %s.',
      boon.credits(p.promotional_amount), boon.credits(used.promotional_amount)) END
$$;

-- An instant and a duration as a person reads them in a refusal.
CREATE FUNCTION boon.instant_text(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
CREATE FUNCTION boon.duration_text(d interval) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN d::text;
