CREATE TYPE boon_code.use_request AS (
  i integer,
  id text,
  account_id text,
  pool_id text,
  product text,
  model text,
  units bigint,
  at timestamp with time zone,
  now timestamp with time zone,
  use_credits boolean
);
