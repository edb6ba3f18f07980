-- Keeps a policy under its version: the document, and its gift section as a typed row. The columns of a screening rule are its name
-- (the verdict) and `<rule>_<number>`; an amount is a decimal string of credits there, and micro-credits here.
CREATE FUNCTION boon_code.use_policy(p_version text, p_body jsonb, p_at timestamptz) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO boon.policy_documents (version, body, effective_at) VALUES (p_version, p_body, p_at)
  ON CONFLICT (version) DO NOTHING;
  WITH gifts AS (
    SELECT p_body -> 'gifts' AS g
  ), screening AS (
    SELECT jsonb_object_agg(rule || CASE WHEN number = 'verdict' THEN '' ELSE '_' || number END,
      CASE WHEN jsonb_typeof(value) = 'string' AND value #>> '{}' ~ '^[0-9]' THEN to_jsonb(boon_code.micro(value #>> '{}')) ELSE value END) AS columns
    FROM gifts, jsonb_each(g -> 'screening') r (rule, numbers), jsonb_each(numbers) n (number, value)
  )
  INSERT INTO boon.policies
  SELECT p.* FROM gifts, screening, jsonb_populate_record(NULL::boon.policies, columns || jsonb_build_object(
    'version', p_version,
    'settlement', g -> 'settlement', 'claim_window', g -> 'claim_window',
    'identity_required', g -> 'identity_required', 'min_account_age', g -> 'min_account_age',
    'day_count', g #> '{limits,per_day,count}', 'day_amount', boon_code.micro(g #>> '{limits,per_day,amount}'),
    'month_count', g #> '{limits,per_month,count}', 'month_amount', boon_code.micro(g #>> '{limits,per_month,amount}'),
    'promotional_count', g #> '{promotional_quota,count}', 'promotional_amount', boon_code.micro(g #>> '{promotional_quota,amount}'),
    'min_amount', boon_code.micro(g ->> 'min'), 'max_amount', boon_code.micro(g ->> 'max'),
    'recipient_must_be_new', g -> 'recipient_must_be_new', 'new_within', g -> 'new_within',
    'gifted_valid_for', g -> 'gifted_credits_valid_for', 'regift', g -> 'regift',
    'hold_at_most', g -> 'hold_at_most', 'returned_valid_for', g -> 'returned_credits_valid_for')) p
  ON CONFLICT (version) DO NOTHING
$$;
