-- Which gifts' processes were started, as those who started them told: so that nobody asks Temporal for every new gift.
-- Working state and no record. A row that is lost costs one question to Temporal, and a row is of no use once `reconcile`
-- has looked at its time; so it is not written ahead, and a server that crashed begins with none.
CREATE UNLOGGED TABLE boon.gift_starts (
  gift_id text PRIMARY KEY,
  started_at timestamptz NOT NULL
);
