CREATE TYPE boon_code.gift_request AS (
  i integer,
  id text,
  key text,
  input_hash text,
  at timestamp with time zone,
  sender_id text,
  recipient_id text,
  payer_id text,
  amount bigint,
  message text,
  email_sealed text,
  email_index text,
  token_hash text,
  token_sealed text
);
