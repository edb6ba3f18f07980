-- Accounts as their owner describes them. What they own stands in ledger_accounts and lots.
CREATE TABLE boon.accounts (
  id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('person', 'organisation')),
  plan text NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'frozen', 'closed')),
  -- The address, encrypted, and a keyed digest of it to find it by.
  email_sealed bytea,
  email_index bytea,
  billing_day smallint NOT NULL CHECK (billing_day BETWEEN 1 AND 31),
  identity_verified_at timestamptz,
  created_at timestamptz NOT NULL,
  last_active_at timestamptz,
  cohorts text[] NOT NULL DEFAULT '{}',
  org_id text,
  -- Whether the address is one of a provider of throw-away addresses.
  email_disposable boolean NOT NULL DEFAULT false,
  -- Keyed digests of devices, cards and the like; those of devices and cards with `device:` or `card:` before them.
  fingerprints text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL,
  CHECK ((email_sealed IS NULL) = (email_index IS NULL))
);
CREATE INDEX accounts_by_email ON boon.accounts (email_index) WHERE email_index IS NOT NULL;
