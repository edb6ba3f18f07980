CREATE TYPE boon_code.slice AS (
  lot_id bigint,
  amount bigint
);
