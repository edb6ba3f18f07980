-- Billing days: which day of the month an account's billing months begin on, and since when. A day that moves is in
-- force from the end of the running month on, so that a month that has begun keeps its end.

-- An account whose day never moved has no rows: its day is the one in boon.accounts.
CREATE TABLE boon.billing_days (
  account_id text COLLATE "C" NOT NULL,
  -- 0 is the day from before the first move. Of several that have begun, the one with the greatest number is in force: a
  -- later row replaces a move that had not begun.
  number int NOT NULL,
  starts_at timestamptz NOT NULL,
  -- The end of the first month on this day; the months that follow begin on the day.
  first_ends_at timestamptz,
  day smallint NOT NULL CHECK (day BETWEEN 1 AND 31),
  -- Read off months that an earlier version stored, which a move had cut short.
  carried boolean NOT NULL DEFAULT false,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  PRIMARY KEY (account_id, number),
  CONSTRAINT billing_day_is_sound CHECK (CASE WHEN number = 0 THEN starts_at = '-infinity' AND first_ends_at IS NULL
    ELSE starts_at > '-infinity' AND first_ends_at IS NOT NULL AND number > 0 AND (carried AND first_ends_at > starts_at
      OR first_ends_at AT TIME ZONE 'UTC' >= starts_at AT TIME ZONE 'UTC' + interval '1 month') END)
);
SELECT boon.make_append_only('boon.billing_days');

-- Every billing month that something is counted in. Where only its first day is stored, ends_at is null.
CREATE VIEW boon.stored_months AS
  SELECT org_id AS account_id, 'invoice' AS counts, starts_at, ends_at FROM boon.billing_months
  UNION ALL
  SELECT account_id, 'rewards', starts_at, ends_at FROM boon.reward_windows
  UNION ALL
  SELECT payer_id, 'spending', month::timestamp AT TIME ZONE 'UTC', NULL FROM boon.spending
  UNION ALL
  SELECT account_id, 'top_ups', month::timestamp AT TIME ZONE 'UTC', NULL FROM boon.purchases WHERE month IS NOT NULL;

-- When the first month ends that begins at p_from with a new day: the first time that it is the day after a whole month.
CREATE FUNCTION boon.first_month_ends(p_day int, p_from timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN m.starts_at = x.at THEN m.starts_at ELSE m.ends_at END
  FROM (SELECT (p_from AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' AS at) x CROSS JOIN LATERAL boon.billing_month(p_day, x.at) m
$$;

-- The billing month of an account that a moment falls into. No row when there is no such account. The rule stands in
-- domain/billing-month.ts too. A table of one row, so that it becomes part of the query that asks for it.
CREATE FUNCTION boon.billing_month(p_account text, p_at timestamptz) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT CASE WHEN p_at < d.first_ends_at THEN d.starts_at ELSE m.starts_at END, CASE WHEN p_at < d.first_ends_at THEN d.first_ends_at ELSE m.ends_at END
  FROM boon.accounts a LEFT JOIN LATERAL (
    SELECT x.day, x.starts_at, x.first_ends_at FROM boon.billing_days x WHERE x.account_id = a.id AND x.starts_at <= p_at ORDER BY x.number DESC LIMIT 1) d ON true
  CROSS JOIN LATERAL boon.billing_month(coalesce(d.day, a.billing_day)::int, p_at) m
  WHERE a.id = p_account
$$;

-- Moves an account's billing day. The new one is in force from the end of the month that runs at p_at on; from a later
-- end where a move was asked for at a later moment, or something is counted in a later month. The caller has locked the
-- account, and changes it afterwards.
CREATE FUNCTION boon.move_billing_day(a boon.accounts, p_day int, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  begins timestamptz;
  counted timestamptz;
  last record;
BEGIN
  INSERT INTO boon.billing_days (account_id, number, starts_at, day, effective_at) VALUES (a.id, 0, '-infinity', a.billing_day, p_at)
    ON CONFLICT DO NOTHING;
  SELECT max(d.number) AS number, max(d.effective_at) AS at INTO last FROM boon.billing_days d WHERE d.account_id = a.id;
  SELECT m.ends_at INTO begins FROM boon.billing_month(a.id, greatest(p_at, last.at)) m;
  SELECT max(s.starts_at) INTO counted FROM boon.stored_months s WHERE s.account_id = a.id;
  IF counted >= begins THEN SELECT m.ends_at INTO begins FROM boon.billing_month(a.id, counted) m; END IF;
  INSERT INTO boon.billing_days (account_id, number, starts_at, first_ends_at, day, effective_at)
    VALUES (a.id, last.number + 1, begins, boon.first_month_ends(p_day, begins), p_day, p_at);
END $$;

-- Accounts whose stored months are not all those of their present day: it was moved under an earlier version. The latest
-- stored month stays as it is, and the day is in force from its end on.
WITH stored AS (
  SELECT s.account_id, s.starts_at, a.billing_day, a.updated_at,
    coalesce(s.ends_at, CASE WHEN m.starts_at = s.starts_at THEN m.ends_at ELSE (s.starts_at AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' END) AS ends_at,
    m.starts_at = s.starts_at AND m.ends_at = coalesce(s.ends_at, m.ends_at) AS regular
  FROM boon.stored_months s JOIN boon.accounts a ON a.id = s.account_id CROSS JOIN LATERAL boon.billing_month(a.billing_day, s.starts_at) m
), latest AS (
  SELECT DISTINCT ON (x.account_id) x.* FROM stored x WHERE x.account_id IN (SELECT y.account_id FROM stored y WHERE NOT y.regular)
  ORDER BY x.account_id, x.starts_at DESC, x.ends_at DESC
)
INSERT INTO boon.billing_days (account_id, number, starts_at, first_ends_at, day, carried, effective_at)
SELECT l.account_id, d.number, d.starts_at, d.first_ends_at, l.billing_day, d.number > 0, l.updated_at FROM latest l CROSS JOIN LATERAL (VALUES
  (0, '-infinity'::timestamptz, NULL),
  (1, l.starts_at, l.ends_at),
  (2, l.ends_at, boon.first_month_ends(l.billing_day, l.ends_at))) d (number, starts_at, first_ends_at);
