-- The policy's sections for plans, usage, resets and programs, typed, so that a rule reads `r.valid_for` and not a JSON path.

-- What a plan includes, in micro-credits' worth at the rate card; null is without limit.
CREATE TABLE boon.plan_rules (
  version text NOT NULL,
  plan text NOT NULL,
  five_hour bigint,
  weekly bigint,
  -- Products that credits may pay for.
  products text[] NOT NULL,
  PRIMARY KEY (version, plan)
);

-- What a unit of a product costs from a moment on, in micro-credits; the model `default` is for all others.
CREATE TABLE boon.rate_rules (
  version text NOT NULL,
  product text NOT NULL,
  model text NOT NULL,
  starts_at timestamptz NOT NULL,
  rate bigint NOT NULL,
  PRIMARY KEY (version, product, model, starts_at)
);

CREATE TABLE boon.usage_rules (
  version text PRIMARY KEY,
  -- Per cent of a limit at which it is warned of, rising.
  warn_at int[] NOT NULL,
  accept_late_for interval NOT NULL,
  keep_for interval NOT NULL
);

CREATE TABLE boon.reset_rules (
  version text PRIMARY KEY,
  valid_for interval NOT NULL,
  moves_weekly_date boolean NOT NULL,
  return_within interval NOT NULL,
  complimentary_plans text[] NOT NULL,
  reminders interval[] NOT NULL
);

-- What can be bought: credits or resets, at a price in the smallest unit of a currency.
CREATE TABLE boon.package_rules (
  version text NOT NULL,
  package text NOT NULL,
  credits bigint NOT NULL,
  resets int NOT NULL,
  price bigint NOT NULL,
  currency text NOT NULL,
  PRIMARY KEY (version, package)
);

CREATE TABLE boon.purchase_rules (
  version text PRIMARY KEY,
  credits_valid_for interval NOT NULL,
  checkout_valid_for interval NOT NULL,
  top_up_pause interval NOT NULL,
  reminders interval[] NOT NULL
);

-- What invoiced uses cost: a price for a hundred credits, in the smallest unit of a currency.
CREATE TABLE boon.invoice_rules (
  version text PRIMARY KEY,
  hundred_credits bigint NOT NULL,
  currency text NOT NULL,
  due_within interval NOT NULL
);

CREATE TYPE boon.over_cap AS ENUM ('forfeit', 'defer');

CREATE TABLE boon.program_rules (
  version text NOT NULL,
  program text NOT NULL,
  opens_at timestamptz,
  closes_at timestamptz,
  plans text[] NOT NULL,
  cohort text,
  invites int NOT NULL,
  prompts int NOT NULL,
  dormancy interval NOT NULL,
  login_grace interval NOT NULL,
  referrer_resets int NOT NULL,
  referrer_credits bigint NOT NULL,
  friend_resets int NOT NULL,
  friend_credits bigint NOT NULL,
  monthly_cap int NOT NULL,
  over_cap boon.over_cap NOT NULL,
  invite_valid_for interval NOT NULL,
  clawback_within interval NOT NULL,
  credits_valid_for interval NOT NULL,
  PRIMARY KEY (version, program)
);

SELECT boon.make_append_only('boon.plan_rules');
SELECT boon.make_append_only('boon.rate_rules');
SELECT boon.make_append_only('boon.usage_rules');
SELECT boon.make_append_only('boon.reset_rules');
SELECT boon.make_append_only('boon.program_rules');
SELECT boon.make_append_only('boon.package_rules');
SELECT boon.make_append_only('boon.purchase_rules');
SELECT boon.make_append_only('boon.invoice_rules');

-- Stores the rules of a policy that boon.use_policy has stored.
CREATE FUNCTION boon.use_rules(p_version text, p_body jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.plan_rules
  SELECT p_version, plan, boon.micro(r ->> 'five_hour'), boon.micro(r ->> 'weekly'),
    ARRAY(SELECT jsonb_array_elements_text(r -> 'credits'))
  FROM jsonb_each(p_body -> 'plans') e (plan, r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.rate_rules
  SELECT p_version, product, model, coalesce((r ->> 'from')::timestamptz, '-infinity'), boon.micro(r ->> 'credits')
  FROM jsonb_each(p_body -> 'rate_card') e (product, models), jsonb_each(models) m (model, rates), jsonb_array_elements(rates) r
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.usage_rules
  SELECT p_version, ARRAY(SELECT x::int FROM jsonb_array_elements_text(r -> 'warn_at') x ORDER BY 1),
    (r ->> 'accept_late_for')::interval, (r ->> 'keep_for')::interval
  FROM (SELECT p_body -> 'usage') e (r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.reset_rules
  SELECT p_version, (r ->> 'valid_for')::interval, (r ->> 'moves_weekly_date')::boolean, (r ->> 'return_within')::interval,
    ARRAY(SELECT jsonb_array_elements_text(r -> 'complimentary_plans')),
    ARRAY(SELECT x::interval FROM jsonb_array_elements_text(r -> 'reminders') x)
  FROM (SELECT p_body -> 'resets') e (r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.package_rules
  SELECT p_version, package, coalesce(boon.micro(r ->> 'credits'), 0), coalesce((r ->> 'resets')::int, 0),
    (r #>> '{price,amount}')::bigint, r #>> '{price,currency}'
  FROM jsonb_each(p_body -> 'packages') e (package, r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.purchase_rules
  SELECT p_version, (r ->> 'credits_valid_for')::interval, (r ->> 'checkout_valid_for')::interval, (r ->> 'top_up_pause')::interval,
    ARRAY(SELECT x::interval FROM jsonb_array_elements_text(r -> 'reminders') x)
  FROM (SELECT p_body -> 'purchases') e (r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.invoice_rules
  SELECT p_version, (r #>> '{hundred_credits,amount}')::bigint, r #>> '{hundred_credits,currency}', (r ->> 'due_within')::interval
  FROM (SELECT p_body -> 'invoices') e (r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.program_rules
  SELECT p_version, program, (r ->> 'opens_at')::timestamptz, (r ->> 'closes_at')::timestamptz,
    ARRAY(SELECT jsonb_array_elements_text(r -> 'plans')), r ->> 'cohort', (r ->> 'invites')::int, (r ->> 'prompts')::int,
    (r ->> 'dormancy')::interval, (r ->> 'login_grace')::interval,
    coalesce((r #>> '{rewards,referrer,resets}')::int, 0), coalesce(boon.micro(r #>> '{rewards,referrer,credits}'), 0),
    coalesce((r #>> '{rewards,friend,resets}')::int, 0), coalesce(boon.micro(r #>> '{rewards,friend,credits}'), 0),
    (r ->> 'monthly_cap')::int, (r ->> 'over_cap')::boon.over_cap, (r ->> 'invite_valid_for')::interval,
    (r ->> 'clawback_within')::interval, (r ->> 'credits_valid_for')::interval
  FROM jsonb_each(p_body -> 'programs') e (program, r)
  ON CONFLICT DO NOTHING
$$;
