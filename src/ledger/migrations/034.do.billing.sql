-- Flexible billing: what members of an organisation use beyond the plan and the pool is charged to the organisation
-- and invoiced at the end of its billing month, where its switch says so.

-- What an organisation pays with once the plan is used up: its pool alone, or an invoice when that is empty.
CREATE TYPE boon.billing_switch AS ENUM ('pool', 'invoice');

ALTER TABLE boon.accounts
  ADD COLUMN billing boon.billing_switch NOT NULL DEFAULT 'pool',
  -- The most that may be invoiced for a billing month, in micro-credits; null is no limit.
  ADD COLUMN invoice_ceiling bigint,
  ADD CONSTRAINT invoices_go_to_organisations CHECK (
    billing = 'pool' OR kind = 'organisation' AND plan IN ('business', 'enterprise', 'edu'));

-- A billing month in which something was charged. It is named by the day it begins on, and keeps its end when the
-- organisation's billing day moves: the next one begins there. `charged` is the sum of its charges.
CREATE TABLE boon.billing_months (
  org_id text COLLATE "C" NOT NULL,
  month date NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  -- Whose price the invoice has.
  policy_version text NOT NULL,
  charged bigint NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (org_id, month),
  CONSTRAINT billing_month_is_sound CHECK (
    starts_at < ends_at AND starts_at = month::timestamp AT TIME ZONE 'UTC' AND charged > 0 AND closed_at >= ends_at)
) WITH (fillfactor = 70);

-- The same for each member.
CREATE TABLE boon.billed_members (
  org_id text COLLATE "C" NOT NULL,
  month date NOT NULL,
  member_id text COLLATE "C" NOT NULL,
  charged bigint NOT NULL CHECK (charged > 0),
  PRIMARY KEY (org_id, month, member_id)
) WITH (fillfactor = 70);

-- What is to be invoiced, use by use. Its transfer goes from boon:receivable to boon:revenue.
CREATE TABLE boon.charges (
  transfer bigint PRIMARY KEY,
  org_id text COLLATE "C" NOT NULL,
  month date NOT NULL,
  member_id text COLLATE "C" NOT NULL,
  usage_id text COLLATE "C" NOT NULL,
  -- When it was used, and when that was told.
  at timestamptz NOT NULL,
  told_at timestamptz NOT NULL,
  product text NOT NULL,
  model text,
  -- Millionths, of the whole use; `amount` is the part of its price that is invoiced.
  units bigint NOT NULL,
  amount bigint NOT NULL,
  -- What the month had come to with it, and the most that it might.
  charged_after bigint NOT NULL,
  ceiling bigint,
  CONSTRAINT charge_is_sound CHECK (amount > 0 AND charged_after >= amount AND charged_after <= ceiling),
  UNIQUE (member_id, usage_id, at)
);
CREATE INDEX charges_by_month ON boon.charges (org_id, month, transfer);
SELECT boon.make_append_only('boon.charges');

-- The month of an organisation that a use counts in: `used_from` to `used_until` is the one it was used in, `month` the
-- first from there on that is not closed, with what was charged in it.
CREATE TYPE boon.bill AS (
  org_id text, used_from timestamptz, used_until timestamptz, month date, starts_at timestamptz, ends_at timestamptz, charged bigint, ceiling bigint);

-- The month that a moment falls into, as it is stored or would be. Where the billing day has moved, a stored month
-- keeps its end and the next one begins there: months neither overlap nor leave a gap between them.
CREATE FUNCTION boon.billing_month_at(p_org text, p_billing_day int, p_at timestamptz) RETURNS boon.billing_months LANGUAGE plpgsql STABLE AS $$
DECLARE
  m boon.billing_months;
  before timestamptz;
  after timestamptz;
BEGIN
  SELECT * INTO m FROM boon.billing_months x WHERE x.org_id = p_org AND x.starts_at <= p_at AND x.ends_at > p_at;
  IF FOUND THEN RETURN m; END IF;
  SELECT max(x.ends_at) FILTER (WHERE x.ends_at <= p_at), min(x.starts_at) FILTER (WHERE x.starts_at > p_at) INTO before, after
    FROM boon.billing_months x WHERE x.org_id = p_org;
  SELECT p_org, NULL, greatest(b.starts_at, before), least(b.ends_at, after), NULL, 0, NULL INTO m FROM boon.billing_month(p_billing_day, p_at) b;
  m.month := (m.starts_at AT TIME ZONE 'UTC')::date;
  RETURN m;
END $$;

-- What an organisation may be charged for a use at a moment; nothing (null) unless it is active and invoiced. The
-- caller has locked it.
CREATE FUNCTION boon.open_bill(p_org text, p_at timestamptz) RETURNS boon.bill LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
  m boon.billing_months;
  bill boon.bill;
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = p_org AND x.billing = 'invoice' AND x.status = 'active';
  IF NOT FOUND THEN RETURN NULL; END IF;
  m := boon.billing_month_at(p_org, a.billing_day, p_at);
  bill.org_id := p_org; bill.ceiling := a.invoice_ceiling; bill.used_from := m.starts_at; bill.used_until := m.ends_at;
  WHILE m.closed_at IS NOT NULL LOOP
    m := boon.billing_month_at(p_org, a.billing_day, m.ends_at);
  END LOOP;
  bill.month := m.month; bill.starts_at := m.starts_at; bill.ends_at := m.ends_at; bill.charged := m.charged;
  RETURN bill;
END $$;
