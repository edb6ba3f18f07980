-- Automatic top-ups: with its owner's consent, given for nothing else, an account buys a package whenever its own
-- credits fall below a sum, one at a time and up to a cap a billing month.

-- The consent in force. No row: none.
CREATE TABLE boon.top_ups (
  account_id text COLLATE "C" PRIMARY KEY,
  package text NOT NULL,
  below bigint NOT NULL,
  -- The most that a billing month's top-ups may cost, in the smallest unit of the package's currency.
  monthly_cap bigint NOT NULL,
  currency text NOT NULL,
  consented_at timestamptz NOT NULL,
  -- After a charge that failed.
  paused_until timestamptz,
  CONSTRAINT top_up_is_sound CHECK (below > 0 AND monthly_cap > 0)
);

-- Every consent and its end, with who said so.
CREATE TABLE boon.top_up_consents (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  given boolean NOT NULL,
  package text NOT NULL,
  below bigint NOT NULL,
  monthly_cap bigint NOT NULL,
  currency text NOT NULL,
  said_by text NOT NULL,
  reason text,
  effective_at timestamptz NOT NULL
);
CREATE INDEX top_up_consents_by_account ON boon.top_up_consents (account_id, seq);
SELECT boon.make_append_only('boon.top_up_consents');

-- What an account can use now of its own.
CREATE FUNCTION boon.own_credits(p_account text, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(l.remaining), 0)::bigint FROM boon.lots l
  WHERE l.account_id = p_account AND l.open AND (l.expires_at IS NULL OR l.expires_at > p_at)
$$;

-- What the top-ups of a billing month, named by its first day, have cost. One that was not paid costs nothing.
CREATE FUNCTION boon.topped_up(p_account text, p_month date) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(x.price), 0)::bigint FROM boon.purchases x
  WHERE x.account_id = p_account AND x.kind = 'top_up' AND x.month = p_month AND x.status IN ('open', 'paid', 'refunded')
$$;

CREATE FUNCTION boon.month_of(p_account text, p_at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT (m.starts_at AT TIME ZONE 'UTC')::date FROM boon.accounts a CROSS JOIN LATERAL boon.billing_month(a.billing_day, p_at) m WHERE a.id = p_account
$$;

-- Null when there is no such account.
CREATE FUNCTION boon.top_up_view(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('account_id', a.id, 'enabled', t.account_id IS NOT NULL, 'card_saved', c.account_id IS NOT NULL,
    'package', t.package, 'below', boon.credits(t.below),
    'monthly_cap', CASE WHEN t.account_id IS NOT NULL THEN jsonb_build_object('amount', t.monthly_cap, 'currency', t.currency) END,
    'spent', boon.topped_up(a.id, boon.month_of(a.id, p_at)), 'consented_at', t.consented_at,
    'paused_until', CASE WHEN t.paused_until > p_at THEN t.paused_until END)
  FROM boon.accounts a LEFT JOIN boon.top_ups t ON t.account_id = a.id LEFT JOIN boon.payment_customers c ON c.account_id = a.id
  WHERE a.id = p_account
$$;

-- Ends the consent, if there is one.
CREATE FUNCTION boon.end_top_up(p_account text, p_by text, p_reason text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (DELETE FROM boon.top_ups t WHERE t.account_id = p_account RETURNING *), noted AS (
    INSERT INTO boon.top_up_consents (account_id, given, package, below, monthly_cap, currency, said_by, reason, effective_at)
    SELECT account_id, false, package, below, monthly_cap, currency, p_by, p_reason, p_at FROM ended
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'top_up.ended', account_id, ARRAY[account_id], jsonb_build_object('by', p_by, 'reason', p_reason), p_at FROM ended
$$;

-- Notes the consent, or with p null its end. Answers {top_up} or {code, detail, errors}.
CREATE FUNCTION boon.put_top_up(p_policy text, p_account text, p jsonb, p_by text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  a boon.accounts;
  wanted boon.package_rules;
  cap bigint := (p #>> '{monthly_cap,amount}')::bigint;
  fault text;
BEGIN
  PERFORM FROM boon.ledger_accounts x WHERE x.id = p_account FOR UPDATE;
  SELECT * INTO a FROM boon.accounts x WHERE x.id = p_account;
  IF a.id IS NULL THEN RETURN jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', p_account)); END IF;
  IF p IS NULL THEN
    PERFORM boon.end_top_up(p_account, p_by, 'withdrawn', p_at);
    RETURN jsonb_build_object('top_up', boon.top_up_view(p_account, p_at));
  END IF;
  SELECT * INTO wanted FROM boon.package_rules x WHERE x.version = p_policy AND x.package = p ->> 'package';
  IF wanted.package IS NULL OR wanted.credits = 0 THEN
    RETURN jsonb_build_object('code', 'validation_failed', 'detail', format('There is no package of credits "%s".', p ->> 'package'),
      'errors', jsonb_build_array(jsonb_build_object('path', 'package', 'message', 'must be a package of credits')));
  ELSIF p #>> '{monthly_cap,currency}' <> wanted.currency OR cap < wanted.price THEN
    fault := format('must be at least the package''s price, %s %s', wanted.price, wanted.currency);
    RETURN jsonb_build_object('code', 'validation_failed', 'detail', format('monthly_cap %s.', fault),
      'errors', jsonb_build_array(jsonb_build_object('path', 'monthly_cap', 'message', fault)));
  ELSIF a.status <> 'active' THEN
    RETURN jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
  ELSIF NOT EXISTS (SELECT FROM boon.payment_customers c WHERE c.account_id = p_account) THEN
    RETURN jsonb_build_object('code', 'card_required', 'detail', 'No card of this account is stored.');
  END IF;
  INSERT INTO boon.top_ups AS t VALUES (p_account, wanted.package, boon.micro(p ->> 'below'), cap, wanted.currency, p_at)
    ON CONFLICT (account_id) DO UPDATE SET package = excluded.package, below = excluded.below, monthly_cap = excluded.monthly_cap,
      currency = excluded.currency, consented_at = excluded.consented_at, paused_until = NULL;
  INSERT INTO boon.top_up_consents (account_id, given, package, below, monthly_cap, currency, said_by, effective_at)
    VALUES (p_account, true, wanted.package, boon.micro(p ->> 'below'), cap, wanted.currency, p_by, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('top_up.consented', p_account, ARRAY[p_account], p || jsonb_build_object('by', p_by), p_at);
  RETURN jsonb_build_object('top_up', boon.top_up_view(p_account, p_at));
END $$;

-- Whether a top-up is due: consented to, below the sum, none under way, within the cap, no debt, not paused.
CREATE FUNCTION boon.top_up_is_due(p_policy text, t boon.top_ups, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT (t.paused_until IS NULL OR t.paused_until <= p_at)
    AND EXISTS (SELECT FROM boon.accounts a WHERE a.id = t.account_id AND a.status = 'active')
    AND EXISTS (SELECT FROM boon.payment_customers c WHERE c.account_id = t.account_id)
    AND NOT EXISTS (SELECT FROM boon.purchases x WHERE x.account_id = t.account_id AND x.kind = 'top_up' AND x.status = 'open')
    AND NOT EXISTS (SELECT FROM boon.debts d WHERE d.account_id = t.account_id AND d.amount > 0)
    AND boon.own_credits(t.account_id, p_at) < t.below
    AND EXISTS (SELECT FROM boon.package_rules r WHERE r.version = p_policy AND r.package = t.package AND r.credits > 0 AND r.currency = t.currency
                  AND boon.topped_up(t.account_id, boon.month_of(t.account_id, p_at)) + r.price <= t.monthly_cap)
$$;

-- Begins a top-up if one is due: writes the purchase, which its process then charges. Null when none is.
CREATE FUNCTION boon.begin_top_up(p_policy text, p_id text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t boon.top_ups;
  wanted boon.package_rules;
  p boon.purchases;
BEGIN
  -- Looked at without a lock first: most calls find nothing due.
  SELECT * INTO t FROM boon.top_ups x WHERE x.account_id = p_account;
  IF t.account_id IS NULL OR NOT boon.top_up_is_due(p_policy, t, p_at) THEN RETURN NULL; END IF;
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p_account FOR UPDATE;
  SELECT * INTO t FROM boon.top_ups x WHERE x.account_id = p_account;
  IF t.account_id IS NULL OR NOT boon.top_up_is_due(p_policy, t, p_at) THEN RETURN NULL; END IF;
  SELECT * INTO STRICT wanted FROM boon.package_rules x WHERE x.version = p_policy AND x.package = t.package;
  INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, created_at, expires_at, month)
    VALUES (p_id, p_account, 'top_up', 'open', wanted.package, wanted.credits, 0, wanted.price, wanted.currency, p_policy, p_at,
      p_at + (SELECT x.checkout_valid_for FROM boon.purchase_rules x WHERE x.version = p_policy), boon.month_of(p_account, p_at)) RETURNING * INTO p;
  PERFORM boon.note_purchase(p, 'created', p.price, NULL, p_at);
  RETURN boon.purchase_view(p);
END $$;

-- Accounts that a top-up is due for, at most p_limit from behind p_after.
CREATE FUNCTION boon.due_top_ups(p_policy text, p_at timestamptz, p_after text, p_limit int) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT t.account_id FROM boon.top_ups t WHERE t.account_id > p_after AND boon.top_up_is_due(p_policy, t, p_at) ORDER BY t.account_id LIMIT p_limit
$$;

-- What became of a top-up acts on the consent: a charge that failed pauses it, money that went back ends it.
CREATE FUNCTION boon.heed_top_up(p boon.purchases, p_said text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p.kind <> 'top_up' THEN RETURN; END IF;
  IF p_said IN ('failed', 'expired') THEN
    UPDATE boon.top_ups t SET paused_until = p_at + (SELECT x.top_up_pause FROM boon.purchase_rules x WHERE x.version = p.policy_version)
      WHERE t.account_id = p.account_id;
  ELSIF p_said IN ('refunded', 'disputed') THEN
    PERFORM boon.end_top_up(p.account_id, 'boon', 'a top-up was ' || p_said, p_at);
  END IF;
END $$;
