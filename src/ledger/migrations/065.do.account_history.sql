-- What an account was before: a use that is told late is judged by what its account, and its organisation, were at the
-- moment of the use.

-- Since when the account is what its row says; null where it never was anything else.
ALTER TABLE boon.accounts ADD COLUMN state_since timestamptz;

-- One row for each state that has ended, in the order in which changes were told: what an account was from `since`
-- (-infinity: from the beginning) to before `until`. The state that has not ended stands in boon.accounts alone.
CREATE TABLE boon.account_history (
  account_id text COLLATE "C" NOT NULL,
  -- Of the sequence that numbers uses: a use with a greater number was judged when this change was known.
  number bigint NOT NULL DEFAULT nextval('boon.usage_seq'),
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  kind text NOT NULL,
  plan text NOT NULL,
  status text NOT NULL,
  org_id text,
  use_credits boon.credit_switch NOT NULL,
  spending_limit bigint,
  pool_limit bigint,
  billing boon.billing_switch NOT NULL,
  invoice_ceiling bigint,
  billing_day smallint NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  PRIMARY KEY (account_id, number),
  CONSTRAINT state_ends_after_it_began CHECK (until >= since)
);
CREATE INDEX account_history_by_time ON boon.account_history (account_id, until, number);
SELECT boon.make_append_only('boon.account_history');

-- A change is in force from its own moment on; one that is told with an earlier moment than the change before it, from
-- the moment of that one: what was told last holds, and no row of the past is changed.
CREATE FUNCTION boon.keep_account_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state_since := greatest(NEW.updated_at, OLD.state_since);
  INSERT INTO boon.account_history (account_id, since, until, kind, plan, status, org_id, use_credits, spending_limit, pool_limit, billing,
    invoice_ceiling, billing_day)
  VALUES (OLD.id, coalesce(OLD.state_since, '-infinity'), NEW.state_since, OLD.kind, OLD.plan, OLD.status, OLD.org_id, OLD.use_credits,
    OLD.spending_limit, OLD.pool_limit, OLD.billing, OLD.invoice_ceiling, OLD.billing_day);
  RETURN NEW;
END $$;

CREATE TRIGGER keep_account_state BEFORE UPDATE ON boon.accounts FOR EACH ROW
  WHEN ((OLD.kind, OLD.plan, OLD.status, OLD.org_id, OLD.use_credits, OLD.spending_limit, OLD.pool_limit, OLD.billing, OLD.invoice_ceiling, OLD.billing_day)
    IS DISTINCT FROM (NEW.kind, NEW.plan, NEW.status, NEW.org_id, NEW.use_credits, NEW.spending_limit, NEW.pool_limit, NEW.billing, NEW.invoice_ceiling, NEW.billing_day))
  EXECUTE FUNCTION boon.keep_account_state();

-- The state of an account at a moment, where that has ended since; null where it is the one in boon.accounts.
CREATE FUNCTION boon.account_at(p_account text, p_at timestamptz) RETURNS boon.account_history LANGUAGE sql STABLE AS $$
  SELECT h FROM boon.account_history h WHERE h.account_id = p_account AND h.until > p_at ORDER BY h.until, h.number LIMIT 1
$$;
