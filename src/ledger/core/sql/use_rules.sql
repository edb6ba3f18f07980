-- Stores the rules of a policy that boon.use_policy has stored.
CREATE FUNCTION boon_code.use_rules(p_version text, p_body jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.plan_rules
  SELECT p_version, plan, boon_code.micro(r ->> 'five_hour'), boon_code.micro(r ->> 'weekly'),
    ARRAY(SELECT jsonb_array_elements_text(r -> 'credits'))
  FROM jsonb_each(p_body -> 'plans') e (plan, r)
  ON CONFLICT DO NOTHING;

  INSERT INTO boon.rate_rules
  SELECT p_version, product, model, coalesce((r ->> 'from')::timestamptz, '-infinity'), boon_code.micro(r ->> 'credits')
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
  SELECT p_version, package, coalesce(boon_code.micro(r ->> 'credits'), 0), coalesce((r ->> 'resets')::int, 0),
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
    coalesce((r #>> '{rewards,referrer,resets}')::int, 0), coalesce(boon_code.micro(r #>> '{rewards,referrer,credits}'), 0),
    coalesce((r #>> '{rewards,friend,resets}')::int, 0), coalesce(boon_code.micro(r #>> '{rewards,friend,credits}'), 0),
    (r ->> 'monthly_cap')::int, (r ->> 'over_cap')::boon.over_cap, (r ->> 'invite_valid_for')::interval,
    (r ->> 'clawback_within')::interval, (r ->> 'credits_valid_for')::interval
  FROM jsonb_each(p_body -> 'programs') e (program, r)
  ON CONFLICT DO NOTHING
$$;
