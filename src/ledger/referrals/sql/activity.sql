CREATE TYPE boon_code.activity AS (
  i integer,
  digest bigint,
  account_id text,
  kind boon.activity_kind,
  at timestamp with time zone,
  told_at timestamp with time zone
);
