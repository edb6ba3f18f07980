CREATE TYPE boon_code.use_answer AS (
  i integer,
  code text,
  reason text,
  replayed boolean,
  plan_part bigint,
  pool_part bigint,
  invoice_part bigint,
  own_part bigint,
  balance bigint,
  five_hour_limit bigint,
  five_hour_used bigint,
  five_hour_started_at timestamp with time zone,
  weekly_limit bigint,
  weekly_used bigint,
  weekly_started_at timestamp with time zone,
  amount numeric,
  resets integer
);
