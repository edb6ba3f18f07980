-- Policies, kept for ever under their version: a gift is settled under the rules it was sent under.
CREATE SCHEMA IF NOT EXISTS boon;

CREATE TYPE boon.verdict AS ENUM ('allow', 'hold', 'deny');

-- The whole document, as it was validated.
CREATE TABLE boon.policy_documents (
  version text PRIMARY KEY,
  body jsonb NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);

-- Its gift section, typed, so that a rule reads `p.settlement` and not a JSON path.
CREATE TABLE boon.policies (
  version text PRIMARY KEY,
  settlement interval NOT NULL,
  claim_window interval NOT NULL,
  identity_required boolean NOT NULL,
  min_account_age interval NOT NULL,
  day_count bigint NOT NULL,
  day_amount bigint NOT NULL,
  month_count bigint NOT NULL,
  month_amount bigint NOT NULL,
  promotional_count bigint NOT NULL,
  promotional_amount bigint NOT NULL,
  min_amount bigint NOT NULL,
  max_amount bigint NOT NULL,
  recipient_must_be_new boolean NOT NULL,
  new_within interval NOT NULL,
  gifted_valid_for interval NOT NULL,
  regift boolean NOT NULL,
  hold_at_most interval NOT NULL,
  returned_valid_for interval NOT NULL,
  velocity boon.verdict NOT NULL,
  velocity_gifts bigint NOT NULL,
  velocity_within interval NOT NULL,
  new_account boon.verdict NOT NULL,
  new_account_younger_than interval NOT NULL,
  new_account_above bigint NOT NULL,
  shared_fingerprint boon.verdict NOT NULL,
  fan_in boon.verdict NOT NULL,
  fan_in_senders bigint NOT NULL,
  fan_in_within interval NOT NULL,
  fan_out boon.verdict NOT NULL,
  fan_out_recipients bigint NOT NULL,
  fan_out_within interval NOT NULL,
  circle boon.verdict NOT NULL,
  circle_within interval NOT NULL
);

-- A decimal string of credits as micro-credits.
CREATE FUNCTION boon.micro(credits text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN (credits::numeric * 1000000)::bigint;

-- Micro-credits as a canonical decimal string of credits.
CREATE FUNCTION boon.credits(micro bigint) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN trim_scale(micro::numeric / 1000000)::text;

CREATE FUNCTION boon.use_policy(p_version text, p_body jsonb, p_at timestamptz) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO boon.policy_documents (version, body, effective_at) VALUES (p_version, p_body, p_at)
  ON CONFLICT (version) DO NOTHING;
  WITH gifts AS (SELECT p_body -> 'gifts' AS g)
  INSERT INTO boon.policies
  SELECT p_version,
    (g ->> 'settlement')::interval, (g ->> 'claim_window')::interval,
    (g ->> 'identity_required')::boolean, (g ->> 'min_account_age')::interval,
    (g #>> '{limits,per_day,count}')::bigint, boon.micro(g #>> '{limits,per_day,amount}'),
    (g #>> '{limits,per_month,count}')::bigint, boon.micro(g #>> '{limits,per_month,amount}'),
    (g #>> '{promotional_quota,count}')::bigint, boon.micro(g #>> '{promotional_quota,amount}'),
    boon.micro(g ->> 'min'), boon.micro(g ->> 'max'),
    (g ->> 'recipient_must_be_new')::boolean, (g ->> 'new_within')::interval,
    (g ->> 'gifted_credits_valid_for')::interval, (g ->> 'regift')::boolean,
    (g ->> 'hold_at_most')::interval, (g ->> 'returned_credits_valid_for')::interval,
    (g #>> '{screening,velocity,verdict}')::boon.verdict,
    (g #>> '{screening,velocity,gifts}')::bigint, (g #>> '{screening,velocity,within}')::interval,
    (g #>> '{screening,new_account,verdict}')::boon.verdict,
    (g #>> '{screening,new_account,younger_than}')::interval, boon.micro(g #>> '{screening,new_account,above}'),
    (g #>> '{screening,shared_fingerprint,verdict}')::boon.verdict,
    (g #>> '{screening,fan_in,verdict}')::boon.verdict,
    (g #>> '{screening,fan_in,senders}')::bigint, (g #>> '{screening,fan_in,within}')::interval,
    (g #>> '{screening,fan_out,verdict}')::boon.verdict,
    (g #>> '{screening,fan_out,recipients}')::bigint, (g #>> '{screening,fan_out,within}')::interval,
    (g #>> '{screening,circle,verdict}')::boon.verdict, (g #>> '{screening,circle,within}')::interval
  FROM gifts
  ON CONFLICT (version) DO NOTHING
$$;
