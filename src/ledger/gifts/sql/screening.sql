-- Screening: each rule catches one pattern, and has its own reason code, its name. What a rule says of the gifts that it catches,
-- and its numbers, are policy. A new rule is a line of `screening` and, where it looks at something new, a fact of `screening_facts`.

-- What the rules look at; what is null catches nothing.
CREATE TYPE boon_code.screening_facts AS (
  at timestamptz,
  -- At acceptance only: then the sender's speed and age are judged.
  amount bigint,
  sender_created_at timestamptz,
  -- Others that the sender gave, and to whom: accounts, and addresses by their index.
  recent_gifts bigint,
  recent_recipients text[],
  recipient text,
  -- Others who gave to the recipient.
  other_senders bigint,
  fingerprint_shared boolean,
  -- Whether credits come back to their sender.
  comes_back boolean
);

-- The facts of a gift: what was given before, all bounded so that a busy account costs no more than a quiet one. `p_amount` is null when
-- it was accepted before. A function in FROM that PostgreSQL inlines: it is planned with the query around it.
CREATE FUNCTION boon_code.screening_facts(p boon.policies, f boon_code.gift_parties, p_amount bigint)
RETURNS SETOF boon_code.screening_facts LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT x.at, p_amount, x.sender_created_at,
    CASE WHEN p.velocity <> 'allow' AND p_amount IS NOT NULL THEN (
      SELECT count(*) FROM (
        SELECT FROM boon.gifts g WHERE g.sender_id = x.sender_id AND g.accepted_at > x.at - p.velocity_within
        ORDER BY g.accepted_at DESC LIMIT p.velocity_gifts + 1) recent) END,
    CASE WHEN p.fan_out <> 'allow' THEN ARRAY(
      SELECT DISTINCT recent.recipient FROM (
        SELECT coalesce(g.recipient_id, encode(g.email_index, 'hex')) AS recipient FROM boon.gifts g
        WHERE g.sender_id = x.sender_id AND g.accepted_at > x.at - p.fan_out_within
        ORDER BY g.accepted_at DESC LIMIT 1000) recent) END,
    x.recipient,
    -- An organisation is given to by many: only a person who is looks like a resale.
    CASE WHEN p.fan_in <> 'allow' AND x.recipient_kind = 'person' THEN (
      SELECT count(DISTINCT recent.sender_id) FROM (
        SELECT g.sender_id FROM boon.gifts g
        WHERE g.recipient_id = x.recipient_id AND g.sender_id <> x.sender_id AND g.accepted_at > x.at - p.fan_in_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 1000) recent) END,
    x.fingerprint_shared,
    -- Who gave to the sender is the recipient, or one whom the recipient gave to.
    CASE WHEN p.circle <> 'allow' THEN EXISTS (
      SELECT FROM (
        SELECT g.sender_id FROM boon.gifts g
        WHERE g.recipient_id = x.sender_id AND g.accepted_at > x.at - p.circle_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 100) back
      WHERE back.sender_id = x.recipient_id OR back.sender_id IN (
        SELECT g.recipient_id FROM boon.gifts g
        WHERE g.sender_id = x.recipient_id AND g.accepted_at > x.at - p.circle_within
          AND g.status NOT IN ('canceled', 'expired', 'rejected')
        ORDER BY g.accepted_at DESC LIMIT 100)) END
  -- Taken out of the row once: not for each gift that is looked at.
  FROM (SELECT f.at, f.sender_id, (f.sender).created_at AS sender_created_at, f.recipient_id, (f.recipient).kind AS recipient_kind,
    coalesce(f.recipient_id, encode(f.email_index, 'hex')) AS recipient, (f.sender).fingerprints && (f.recipient).fingerprints AS fingerprint_shared
    OFFSET 0) x
$$;

-- What a rule says of a gift. The stronger verdict is the greater row, and of equal verdicts the earlier rule: `place` counts down.
CREATE TYPE boon_code.screened AS (verdict boon.verdict, place int, rule text);

-- One rule: its verdict where it catches and is not switched off, else null.
CREATE FUNCTION boon_code.screening_rule(p_place int, p_rule text, p_verdict boon.verdict, p_catches boolean) RETURNS boon_code.screened
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_verdict > 'allow' AND p_catches THEN (p_verdict, -p_place, p_rule)::boon_code.screened END
$$;

-- The rule that catches a gift with the strongest verdict, of equals the first in the list; null when none does.
CREATE FUNCTION boon_code.screening(p boon.policies, f boon_code.screening_facts) RETURNS boon_code.screened LANGUAGE sql STABLE AS $$
  SELECT greatest(
    boon_code.screening_rule(1, 'velocity', p.velocity, f.recent_gifts + 1 > p.velocity_gifts),
    boon_code.screening_rule(2, 'new_account', p.new_account,
      f.amount >= p.new_account_above AND f.sender_created_at + p.new_account_younger_than > f.at),
    boon_code.screening_rule(3, 'shared_fingerprint', p.shared_fingerprint, f.fingerprint_shared),
    boon_code.screening_rule(4, 'fan_in', p.fan_in, f.other_senders + 1 > p.fan_in_senders),
    boon_code.screening_rule(5, 'fan_out', p.fan_out,
      cardinality(array_remove(f.recent_recipients, f.recipient)) + 1 > p.fan_out_recipients),
    boon_code.screening_rule(6, 'circle', p.circle, f.comes_back))
$$;
