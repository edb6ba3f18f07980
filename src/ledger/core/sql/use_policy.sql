CREATE FUNCTION boon_code.use_policy(p_version text, p_body jsonb, p_at timestamptz) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO boon.policy_documents (version, body, effective_at) VALUES (p_version, p_body, p_at)
  ON CONFLICT (version) DO NOTHING;
  WITH gifts AS (SELECT p_body -> 'gifts' AS g)
  INSERT INTO boon.policies
  SELECT p_version,
    (g ->> 'settlement')::interval, (g ->> 'claim_window')::interval,
    (g ->> 'identity_required')::boolean, (g ->> 'min_account_age')::interval,
    (g #>> '{limits,per_day,count}')::bigint, boon_code.micro(g #>> '{limits,per_day,amount}'),
    (g #>> '{limits,per_month,count}')::bigint, boon_code.micro(g #>> '{limits,per_month,amount}'),
    (g #>> '{promotional_quota,count}')::bigint, boon_code.micro(g #>> '{promotional_quota,amount}'),
    boon_code.micro(g ->> 'min'), boon_code.micro(g ->> 'max'),
    (g ->> 'recipient_must_be_new')::boolean, (g ->> 'new_within')::interval,
    (g ->> 'gifted_credits_valid_for')::interval, (g ->> 'regift')::boolean,
    (g ->> 'hold_at_most')::interval, (g ->> 'returned_credits_valid_for')::interval,
    (g #>> '{screening,velocity,verdict}')::boon.verdict,
    (g #>> '{screening,velocity,gifts}')::bigint, (g #>> '{screening,velocity,within}')::interval,
    (g #>> '{screening,new_account,verdict}')::boon.verdict,
    (g #>> '{screening,new_account,younger_than}')::interval, boon_code.micro(g #>> '{screening,new_account,above}'),
    (g #>> '{screening,shared_fingerprint,verdict}')::boon.verdict,
    (g #>> '{screening,fan_in,verdict}')::boon.verdict,
    (g #>> '{screening,fan_in,senders}')::bigint, (g #>> '{screening,fan_in,within}')::interval,
    (g #>> '{screening,fan_out,verdict}')::boon.verdict,
    (g #>> '{screening,fan_out,recipients}')::bigint, (g #>> '{screening,fan_out,within}')::interval,
    (g #>> '{screening,circle,verdict}')::boon.verdict, (g #>> '{screening,circle,within}')::interval
  FROM gifts
  ON CONFLICT (version) DO NOTHING
$$;
