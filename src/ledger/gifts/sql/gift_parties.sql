-- Who gives, who is to have it, and when: what every gift is judged by, whatever is given.
CREATE TYPE boon_code.gift_parties AS (
  at timestamptz,
  sender_id text,
  sender boon.accounts,
  -- Null while it is an address.
  recipient_id text,
  recipient boon.accounts,
  email_index bytea,
  -- Whether the recipient has been given a gift; null where nobody asks.
  has_received boolean
);

-- The two as they are now. A function in FROM that PostgreSQL inlines: it is planned with the query around it; OFFSET 0 looks each
-- of the two up once.
CREATE FUNCTION boon_code.gift_parties(p boon.policies, p_sender text, p_recipient text, p_email_index bytea, p_at timestamptz)
RETURNS SETOF boon_code.gift_parties LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_at, p_sender, s.account, p_recipient, t.account, p_email_index,
    CASE WHEN p.recipient_must_be_new THEN EXISTS (
      SELECT FROM boon.gifts g WHERE g.recipient_id = p_recipient AND g.status NOT IN ('canceled', 'expired', 'rejected')) END
  FROM (SELECT) one
  LEFT JOIN LATERAL (SELECT x FROM boon.accounts x WHERE x.id = p_sender OFFSET 0) s (account) ON true
  LEFT JOIN LATERAL (SELECT x FROM boon.accounts x WHERE x.id = p_recipient OFFSET 0) t (account) ON true
  OFFSET 0
$$;
