-- What a rule says of the gifts it catches.
CREATE FUNCTION boon_code.verdict_of(p boon.policies, p_rule text) RETURNS boon.verdict LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_rule WHEN 'velocity' THEN p.velocity WHEN 'new_account' THEN p.new_account
    WHEN 'shared_fingerprint' THEN p.shared_fingerprint WHEN 'fan_in' THEN p.fan_in WHEN 'fan_out' THEN p.fan_out
    WHEN 'circle' THEN p.circle ELSE 'allow' END
$$;
