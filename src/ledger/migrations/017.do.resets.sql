-- Usage windows, and banked resets that restore them.
CREATE TYPE boon.window_kind AS ENUM ('five_hour', 'weekly');

-- Numbers of uses, rising within an account.
CREATE SEQUENCE boon.usage_seq;

-- What an account has used of its plan, in micro-credits' worth. A window opens with the first use and lasts 5 hours
-- or 7 days; an account without a row, or with a row that has run out, has used nothing. Its limit is the plan's.
CREATE TABLE boon.usage_windows (
  account_id text COLLATE "C" NOT NULL,
  kind boon.window_kind NOT NULL,
  started_at timestamptz NOT NULL,
  used bigint NOT NULL,
  -- The reset that restored it last, since it opened.
  restored_by bigint,
  -- The number of the first use that it counts: the one that opened it, or the first after it was restored.
  since bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, kind),
  CONSTRAINT used_not_below_zero CHECK (used >= 0)
) WITH (fillfactor = 70);

CREATE TYPE boon.reset_status AS ENUM ('available', 'held', 'redeemed', 'expired', 'given', 'revoked');
CREATE TYPE boon.reset_source AS ENUM ('complimentary', 'referral', 'campaign', 'purchase', 'gift', 'grant', 'return');

-- A banked reset: a token that restores both windows of its owner once. One that is given or returned goes on as a
-- new row, so that no row is ever redeemed twice.
CREATE TABLE boon.resets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  status boon.reset_status NOT NULL,
  source boon.reset_source NOT NULL,
  -- The program, campaign or package it came by, and the business key of the grant.
  program text,
  reference text NOT NULL,
  policy_version text NOT NULL,
  granted_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  redeemed_at timestamptz,
  -- The one that it goes on from: a reset that was given, or that came back.
  from_reset bigint,
  -- Redeemed shortly before its weekly window ends by itself: the moment at which it comes back.
  return_at timestamptz
) WITH (fillfactor = 85);
CREATE INDEX resets_available ON boon.resets (account_id, expires_at, id) WHERE status = 'available';
-- With the id, for a campaign's resets expire all at one moment and are paged through.
CREATE INDEX resets_to_expire ON boon.resets (expires_at, id) WHERE status = 'available';
CREATE INDEX resets_to_return ON boon.resets (return_at) WHERE return_at IS NOT NULL;
CREATE UNIQUE INDEX resets_gone_on_once ON boon.resets (from_reset) WHERE from_reset IS NOT NULL;

CREATE TYPE boon.reset_movement AS ENUM ('granted', 'redeemed', 'expired', 'held', 'released', 'given', 'revoked');

-- What happened to resets, one row a step; a reset's status is that of its last row.
CREATE TABLE boon.reset_movements (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reset_id bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  kind boon.reset_movement NOT NULL,
  reference text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
CREATE UNIQUE INDEX reset_redeemed_once ON boon.reset_movements (reset_id) WHERE kind = 'redeemed';
CREATE INDEX reset_movements_by_reset ON boon.reset_movements (reset_id, seq);
SELECT boon.make_append_only('boon.reset_movements');

-- Banks p_count resets for an account, under the rules of a policy. Part of the caller's transaction, which has made
-- sure that it happens once and has locked the account. Returns the new ids.
CREATE FUNCTION boon.bank_resets(
  p_policy text, p_account text, p_count int, p_source boon.reset_source, p_program text, p_reference text, p_at timestamptz
) RETURNS SETOF bigint LANGUAGE sql AS $$
  WITH banked AS (
    INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at)
    SELECT p_account, 'available', p_source, p_program, p_reference, p_policy, p_at, p_at + r.valid_for
    FROM boon.reset_rules r, generate_series(1, p_count) WHERE r.version = p_policy
    RETURNING id, expires_at
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT b.id, p_account, 'granted', p_reference, p_at FROM banked b ORDER BY b.id
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.granted', b.id::text, ARRAY[p_account],
      jsonb_build_object('reset_id', b.id::text, 'source', p_source, 'program', p_program, 'expires_at', b.expires_at), p_at
    FROM banked b ORDER BY b.id
  )
  SELECT id FROM banked
$$;
