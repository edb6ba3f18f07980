-- Usage of products: what was used, and what paid for it.

-- Whether credits go on where the plan ends: never, only when the use says so, or by themselves.
CREATE TYPE boon.credit_switch AS ENUM ('off', 'ask', 'auto');

ALTER TABLE boon.accounts
  ADD COLUMN use_credits boon.credit_switch NOT NULL DEFAULT 'auto',
  -- The most that uses may take of the account's credits in a billing month; of an organisation, its pool.
  ADD COLUMN spending_limit bigint,
  -- The most that the account may take of its organisation's pool, in a billing month of the organisation.
  ADD COLUMN pool_limit bigint;

-- Every use that was allowed, once. `amount` is its price at the rate card, the sum of what the plan, the
-- organisation's pool and the account's own credits paid and what the organisation is invoiced. The windows are those the plan's part counted in, as they stood after it.
-- Partitioned by month, so that old ones can be dropped; what they paid stays in transfers and entries.
CREATE TABLE boon.usage (
  seq bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  -- The caller's own, each account's for itself.
  id text COLLATE "C" NOT NULL,
  -- When it was used, and when that was told.
  at timestamptz NOT NULL,
  told_at timestamptz NOT NULL,
  product text NOT NULL,
  model text,
  -- Millionths.
  units bigint NOT NULL,
  policy_version text NOT NULL,
  amount bigint NOT NULL,
  plan_part bigint NOT NULL,
  pool_part bigint NOT NULL,
  own_part bigint NOT NULL,
  pool_id text COLLATE "C",
  pool_transfer bigint,
  pool_month date,
  own_transfer bigint,
  own_month date,
  five_hour_limit bigint,
  five_hour_used bigint NOT NULL,
  five_hour_started_at timestamptz,
  weekly_limit bigint,
  weekly_used bigint NOT NULL,
  weekly_started_at timestamptz,
  -- The account's own credits that were available after it.
  balance bigint NOT NULL,
  invoice_part bigint NOT NULL,
  invoice_transfer bigint,
  PRIMARY KEY (account_id, id, at),
  CONSTRAINT use_is_sound CHECK (
    amount > 0 AND least(plan_part, pool_part, own_part, invoice_part) >= 0 AND plan_part + pool_part + own_part + invoice_part = amount
    AND (invoice_part > 0) = (invoice_transfer IS NOT NULL)
    AND CASE WHEN pool_part > 0 THEN num_nulls(pool_id, pool_transfer, pool_month) = 0 ELSE pool_transfer IS NULL END
    AND CASE WHEN own_part > 0 THEN num_nulls(own_transfer, own_month) = 0 ELSE own_transfer IS NULL END)
) PARTITION BY RANGE (at);

-- The months (UTC) of which there is a partition, or was.
CREATE TABLE boon.usage_months (
  month date PRIMARY KEY,
  dropped_at timestamptz
);

-- What uses took of an account's credits in a billing month, which is named by the day it begins on: all of it
-- (spender ''), and of an organisation's pool what each member took.
CREATE TABLE boon.spending (
  payer_id text COLLATE "C" NOT NULL,
  spender_id text COLLATE "C" NOT NULL,
  month date NOT NULL,
  spent bigint NOT NULL,
  PRIMARY KEY (payer_id, spender_id, month),
  CONSTRAINT spent_not_below_zero CHECK (spent >= 0)
) WITH (fillfactor = 70);

-- Makes the partition of the month that p_at falls into, unless there is one. Attached, it keeps no use waiting.
CREATE FUNCTION boon.make_usage_month(p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first date := date_trunc('month', p_at AT TIME ZONE 'UTC')::date;
  next date := (first + interval '1 month')::date;
  part text := 'usage_' || to_char(first, 'YYYY_MM');
BEGIN
  IF EXISTS (SELECT FROM boon.usage_months WHERE month = first AND dropped_at IS NULL) THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('boon.usage_months'));
  IF EXISTS (SELECT FROM boon.usage_months WHERE month = first AND dropped_at IS NULL) THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE boon.%I (LIKE boon.usage INCLUDING ALL)', part);
  EXECUTE format('ALTER TABLE boon.usage ATTACH PARTITION boon.%I FOR VALUES FROM (%L) TO (%L)', part,
    first::timestamp AT TIME ZONE 'UTC', next::timestamp AT TIME ZONE 'UTC');
  PERFORM boon.make_append_only(format('boon.%I', part)::regclass);
  INSERT INTO boon.usage_months VALUES (first) ON CONFLICT (month) DO UPDATE SET dropped_at = NULL;
END $$;

-- What the scheduled process does to partitions: makes those of this month and the next, and drops those that ended
-- longer than the policy's `keep_for` ago. Returns how many were dropped. A use that is at work is waited for, but
-- not long: what cannot be dropped now is dropped the next time.
CREATE FUNCTION boon.tend_usage(p_policy text, p_at timestamptz) RETURNS int LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
  old record;
  dropped int := 0;
BEGIN
  PERFORM boon.make_usage_month(p_at), boon.make_usage_month(p_at + interval '1 month');
  FOR old IN
    SELECT m.month FROM boon.usage_months m JOIN boon.usage_rules r ON r.version = p_policy
    WHERE m.dropped_at IS NULL AND (m.month + interval '1 month') AT TIME ZONE 'UTC' + r.keep_for <= p_at ORDER BY m.month
  LOOP
    EXECUTE format('DROP TABLE boon.%I', 'usage_' || to_char(old.month, 'YYYY_MM'));
    UPDATE boon.usage_months SET dropped_at = p_at WHERE month = old.month;
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
