-- Which key the addresses and tokens of this database are sealed with: a digest of it, from which it cannot be reckoned.
CREATE TABLE boon.encryption_key (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  check_value bytea NOT NULL CHECK (octet_length(check_value) = 32),
  since timestamptz NOT NULL
);
