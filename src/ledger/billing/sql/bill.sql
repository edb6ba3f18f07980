CREATE TYPE boon_code.bill AS (
  org_id text,
  used_from timestamp with time zone,
  used_until timestamp with time zone,
  month date,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  charged bigint,
  ceiling bigint
);
