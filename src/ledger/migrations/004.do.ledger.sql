-- The double-entry core. Amounts are micro-credits.

-- Running totals of an account. What is on its way to it is not its own yet and stands in the open gifts
-- (boon.account_totals shows all four); so a popular recipient is not a hot row while gifts are accepted.
-- System accounts (boon:issuance, boon:expired, boon:unclaimed, boon:revenue, boon:receivable, boon:payments) keep no row: their totals are sums of
-- transfers. What boon:receivable was debited and not credited is what organisations owe for invoiced uses.
CREATE TABLE boon.ledger_accounts (
  id text COLLATE "C" PRIMARY KEY,
  debits_pending bigint NOT NULL DEFAULT 0,
  debits_posted bigint NOT NULL DEFAULT 0,
  credits_posted bigint NOT NULL DEFAULT 0,
  CONSTRAINT available_not_below_zero CHECK (
    debits_pending >= 0 AND debits_posted >= 0 AND credits_posted - debits_posted - debits_pending >= 0)
) WITH (fillfactor = 70);

INSERT INTO boon.ledger_accounts (id) VALUES ('boon:promotional');

CREATE TYPE boon.transfer_phase AS ENUM ('pending', 'posted', 'voided', 'expired');
CREATE TYPE boon.transfer_kind AS ENUM (
  'grant', 'gift', 'reversal', 'expiry', 'clawback', 'usage', 'purchase', 'refund', 'debt', 'restoration', 'charge', 'payment', 'correction');

-- One movement from a ledger account to another. `pending` holds; a later row that `resolves` it posts, voids or
-- expires it. The resolution of a transfer to boon:unclaimed names the account that claimed it.
CREATE TABLE boon.transfers (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  phase boon.transfer_phase NOT NULL,
  kind boon.transfer_kind NOT NULL,
  debit_account text COLLATE "C" NOT NULL,
  credit_account text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  resolves bigint,
  reference text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  -- One constraint a table, since PostgreSQL reads each anew for every statement that writes.
  CONSTRAINT transfer_is_sound CHECK (
    amount > 0 AND debit_account <> credit_account
    AND CASE phase WHEN 'pending' THEN resolves IS NULL WHEN 'posted' THEN true ELSE resolves IS NOT NULL END)
);
CREATE UNIQUE INDEX transfers_resolved_once ON boon.transfers (resolves) WHERE resolves IS NOT NULL;
SELECT boon.make_append_only('boon.transfers');

-- In burn order: of lots that expire together the first kind is burnt first.
CREATE TYPE boon.lot_source AS ENUM ('promotional', 'earned', 'gifted', 'purchased');

-- Credits granted together. `remaining` is what its owner can use; it is the sum of the lot's entries.
CREATE TABLE boon.lots (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  source boon.lot_source NOT NULL,
  granted bigint NOT NULL,
  remaining bigint NOT NULL,
  granted_at timestamptz NOT NULL,
  expires_at timestamptz,
  giftable boolean NOT NULL,
  -- The transfer that made it, the number of its slice, and for a gifted lot the lot it came out of.
  transfer bigint NOT NULL,
  slice int NOT NULL,
  from_lot bigint,
  -- The products that it may pay for; null is all that its owner's plan allows.
  products text[],
  -- A column of its own, so that spending from a lot does not touch the indexes until it is empty.
  open boolean GENERATED ALWAYS AS (remaining > 0) STORED,
  CONSTRAINT remaining_within_granted CHECK (granted > 0 AND remaining >= 0 AND remaining <= granted)
) WITH (fillfactor = 70);
CREATE INDEX lots_open ON boon.lots (account_id) WHERE open;
CREATE INDEX lots_to_expire ON boon.lots (expires_at) WHERE open AND expires_at IS NOT NULL;
CREATE INDEX lots_by_transfer ON boon.lots (transfer);

CREATE TYPE boon.entry_kind AS ENUM (
  'grant', 'gift_held', 'gift_returned', 'gift_received', 'gift_reversed', 'gift_recovered', 'expired', 'clawed_back', 'usage',
  'purchased', 'refunded', 'debt_paid', 'restored');

-- What a transfer did to the lots of an account: the lines of its statement, and the exact slices of a hold.
CREATE TABLE boon.entries (
  transfer bigint NOT NULL,
  slice int NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  lot_id bigint NOT NULL,
  kind boon.entry_kind NOT NULL,
  amount bigint NOT NULL,
  balance_after bigint NOT NULL,
  reference text NOT NULL,
  effective_at timestamptz NOT NULL,
  PRIMARY KEY (transfer, slice),
  CONSTRAINT entry_is_sound CHECK (amount <> 0 AND balance_after >= 0)
);
CREATE INDEX entries_by_account ON boon.entries (account_id, transfer, slice);
SELECT boon.make_append_only('boon.entries');

-- Credits that an account owes: a refund or a chargeback found them spent. No row is no debt.
CREATE TABLE boon.debts (
  account_id text COLLATE "C" PRIMARY KEY,
  amount bigint NOT NULL,
  CONSTRAINT debt_not_below_zero CHECK (amount >= 0)
);

-- `incurred` by a refund, `paid` out of a later purchase, `canceled` when the money came back; `returned` tells of what
-- was paid of a debt that should not have been, and is given back to its lot.
CREATE TYPE boon.debt_movement AS ENUM ('incurred', 'paid', 'canceled', 'returned');

CREATE TABLE boon.debt_movements (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  kind boon.debt_movement NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  purchase_id text COLLATE "C" NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
CREATE INDEX debt_movements_by_account ON boon.debt_movements (account_id);
SELECT boon.make_append_only('boon.debt_movements');

-- One row a write: its business key, what it asked and what was answered.
CREATE TABLE boon.idempotency_keys (
  key text COLLATE "C" PRIMARY KEY,
  input_hash bytea NOT NULL,
  result jsonb NOT NULL,
  effective_at timestamptz NOT NULL
);
SELECT boon.make_append_only('boon.idempotency_keys');

-- What happened, for readers outside: written in the transaction that did it, delivered by a later reader.
CREATE TABLE boon.events (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type text NOT NULL,
  subject text NOT NULL,
  accounts text[] NOT NULL,
  data jsonb NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
SELECT boon.make_append_only('boon.events');
