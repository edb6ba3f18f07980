-- The rule that catches a gift with the strongest verdict, the first of them; null when none does. Counts include
-- the gift that is being screened; what is null belongs to a rule that does not apply.
CREATE FUNCTION boon_code.caught_by(
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
