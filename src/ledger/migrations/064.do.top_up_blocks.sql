-- A consent to top-ups is to one package at one price: another price pauses it until its owner consents again. What keeps a top-up
-- that is wanted from being charged is told, once.

-- What was consented to. Null in consents of before, where no policy of that time is known: those are asked for anew.
ALTER TABLE boon.top_ups ADD COLUMN credits bigint, ADD COLUMN price bigint,
  -- The last block that was told of, and until when it was.
  ADD COLUMN told text;
ALTER TABLE boon.top_up_consents ADD COLUMN credits bigint, ADD COLUMN price bigint;

UPDATE boon.top_ups t SET credits = r.credits, price = r.price
  FROM boon.package_rules r
  WHERE r.package = t.package AND r.currency = t.currency AND r.version = (
    SELECT d.version FROM boon.policy_documents d WHERE d.effective_at <= t.consented_at ORDER BY d.effective_at DESC, d.recorded_at DESC LIMIT 1);

-- Whether a top-up is wanted: less is there than the sum that the owner named, or less than a use of the last day needed.
CREATE FUNCTION boon.top_up_is_wanted(t boon.top_ups, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT boon.own_credits(t.account_id, p_at) < greatest(t.below, CASE WHEN t.wanted_at > p_at - interval '1 day' THEN t.wanted END)
$$;

-- What keeps a top-up from being charged, and until when where that is known; null when nothing does.
CREATE FUNCTION boon.top_up_block(p_policy text, t boon.top_ups, p_at timestamptz, OUT reason text, OUT until timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = t.account_id;
  IF a.status <> 'active' THEN
    reason := 'account_frozen';
  ELSIF NOT EXISTS (SELECT FROM boon.payment_customers c WHERE c.account_id = t.account_id) THEN
    reason := 'card_required';
  ELSIF NOT EXISTS (SELECT FROM boon.package_rules r WHERE r.version = p_policy AND r.package = t.package
      AND (r.credits, r.price, r.currency, r.resets) = (t.credits, t.price, t.currency, 0)) THEN
    reason := 'price_changed';
  ELSIF t.paused_until > p_at THEN
    reason := 'paused'; until := t.paused_until;
  ELSIF EXISTS (SELECT FROM boon.debts d WHERE d.account_id = t.account_id AND d.amount > 0) THEN
    reason := 'debt';
  ELSIF boon.topped_up(t.account_id, boon.month_of(t.account_id, p_at)) + t.price > t.monthly_cap THEN
    reason := 'monthly_cap';
    until := (SELECT m.ends_at FROM boon.billing_month(t.account_id, p_at) m);
  END IF;
END $$;

DROP FUNCTION boon.top_up_view(text, timestamptz);
-- Null when there is no such account.
CREATE FUNCTION boon.top_up_view(p_policy text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('account_id', a.id, 'enabled', t.account_id IS NOT NULL, 'card_saved', c.account_id IS NOT NULL,
    'package', t.package, 'below', boon.credits(t.below),
    'price', CASE WHEN t.price IS NOT NULL THEN jsonb_build_object('amount', t.price, 'currency', t.currency) END,
    'monthly_cap', CASE WHEN t.account_id IS NOT NULL THEN jsonb_build_object('amount', t.monthly_cap, 'currency', t.currency) END,
    'spent', boon.topped_up(a.id, boon.month_of(a.id, p_at)), 'consented_at', t.consented_at,
    'paused_until', CASE WHEN t.paused_until > p_at THEN t.paused_until END, 'blocked_by', b.reason, 'blocked_until', b.until)
  FROM boon.accounts a LEFT JOIN boon.top_ups t ON t.account_id = a.id LEFT JOIN boon.payment_customers c ON c.account_id = a.id
  LEFT JOIN LATERAL boon.top_up_block(p_policy, t, p_at) b ON t.account_id IS NOT NULL
  WHERE a.id = p_account
$$;

-- Ends the consent, if there is one.
CREATE OR REPLACE FUNCTION boon.end_top_up(p_account text, p_by text, p_reason text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (DELETE FROM boon.top_ups t WHERE t.account_id = p_account RETURNING *), noted AS (
    INSERT INTO boon.top_up_consents (account_id, given, package, below, monthly_cap, currency, credits, price, said_by, reason, effective_at)
    SELECT account_id, false, package, below, monthly_cap, currency, credits, price, p_by, p_reason, p_at FROM ended
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'top_up.ended', account_id, ARRAY[account_id], jsonb_build_object('by', p_by, 'reason', p_reason), p_at FROM ended
$$;

-- Notes the consent, or with p null its end. Answers {top_up} or {code, detail, errors}.
CREATE OR REPLACE FUNCTION boon.put_top_up(p_policy text, p_account text, p jsonb, p_by text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
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
    RETURN jsonb_build_object('top_up', boon.top_up_view(p_policy, p_account, p_at));
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
  INSERT INTO boon.top_ups AS t (account_id, package, below, monthly_cap, currency, consented_at, credits, price)
    VALUES (p_account, wanted.package, boon.micro(p ->> 'below'), cap, wanted.currency, p_at, wanted.credits, wanted.price)
    ON CONFLICT (account_id) DO UPDATE SET package = excluded.package, below = excluded.below, monthly_cap = excluded.monthly_cap,
      currency = excluded.currency, consented_at = excluded.consented_at, credits = excluded.credits, price = excluded.price,
      paused_until = NULL, wanted_at = NULL, wanted = NULL, told = NULL;
  INSERT INTO boon.top_up_consents (account_id, given, package, below, monthly_cap, currency, credits, price, said_by, effective_at)
    VALUES (p_account, true, wanted.package, boon.micro(p ->> 'below'), cap, wanted.currency, wanted.credits, wanted.price, p_by, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('top_up.consented', p_account, ARRAY[p_account],
      p || jsonb_build_object('by', p_by, 'price', jsonb_build_object('amount', wanted.price, 'currency', wanted.currency)), p_at);
  RETURN jsonb_build_object('top_up', boon.top_up_view(p_policy, p_account, p_at));
END $$;

-- Whether a top-up is due: consented to, wanted, none under way, and nothing keeps it.
CREATE OR REPLACE FUNCTION boon.top_up_is_due(p_policy text, t boon.top_ups, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT boon.top_up_is_wanted(t, p_at)
    AND NOT EXISTS (SELECT FROM boon.purchases x WHERE x.account_id = t.account_id AND x.kind = 'top_up' AND x.status = 'open')
    AND (SELECT b.reason FROM boon.top_up_block(p_policy, t, p_at) b) IS NULL
$$;

-- What is to be told of the block of a top-up, in a word that is the same until the block is another: once a month of the cap, once a
-- pause. Null where there is nothing to tell: a frozen account is not the top-up's news, and one under way shows what becomes of it.
CREATE FUNCTION boon.top_up_news(p_policy text, t boon.top_ups, p_at timestamptz, OUT told text, OUT reason text, OUT until timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT b.reason, b.until INTO reason, until FROM boon.top_up_block(p_policy, t, p_at) b;
  told := CASE reason WHEN 'account_frozen' THEN NULL WHEN 'price_changed' THEN reason
    ELSE reason || coalesce(' ' || extract(epoch FROM until)::bigint, '') END;
  IF told IS NOT DISTINCT FROM t.told OR NOT boon.top_up_is_wanted(t, p_at)
    OR EXISTS (SELECT FROM boon.purchases x WHERE x.account_id = t.account_id AND x.kind = 'top_up' AND x.status = 'open') THEN told := NULL; END IF;
END $$;

-- Begins a top-up if one is due: writes the purchase, which its process then charges. Null when none is; what keeps one that is wanted is
-- told then.
CREATE OR REPLACE FUNCTION boon.begin_top_up(p_policy text, p_id text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t boon.top_ups;
  news record;
  p boon.purchases;
BEGIN
  -- Looked at without a lock first: most calls find nothing to do.
  SELECT * INTO t FROM boon.top_ups x WHERE x.account_id = p_account;
  IF t.account_id IS NULL OR NOT boon.top_up_is_wanted(t, p_at) THEN RETURN NULL; END IF;
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p_account FOR UPDATE;
  SELECT * INTO t FROM boon.top_ups x WHERE x.account_id = p_account;
  IF t.account_id IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO news FROM boon.top_up_news(p_policy, t, p_at);
  IF news.told IS NOT NULL THEN
    UPDATE boon.top_ups x SET told = news.told WHERE x.account_id = p_account;
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('top_up.paused', p_account, ARRAY[p_account], jsonb_build_object('reason', news.reason, 'until', news.until), p_at);
  END IF;
  IF NOT boon.top_up_is_due(p_policy, t, p_at) THEN RETURN NULL; END IF;
  INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, created_at, expires_at, month)
    VALUES (p_id, p_account, 'top_up', 'open', t.package, t.credits, 0, t.price, t.currency, p_policy, p_at,
      p_at + (SELECT x.checkout_valid_for FROM boon.purchase_rules x WHERE x.version = p_policy), boon.month_of(p_account, p_at)) RETURNING * INTO p;
  -- One top-up for a use that was refused; the next refusal asks for the next.
  UPDATE boon.top_ups x SET wanted_at = NULL, wanted = NULL, told = NULL WHERE x.account_id = p_account;
  PERFORM boon.note_purchase(p, 'created', p.price, NULL, p_at);
  RETURN boon.with_payment(boon.purchase_view(p));
END $$;

-- Accounts that a top-up is due for, or that are to be told what keeps it: at most p_limit from behind p_after.
CREATE OR REPLACE FUNCTION boon.due_top_ups(p_policy text, p_at timestamptz, p_after text, p_limit int) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT t.account_id FROM boon.top_ups t WHERE t.account_id > p_after
    AND (boon.top_up_is_due(p_policy, t, p_at) OR (SELECT n.told FROM boon.top_up_news(p_policy, t, p_at) n) IS NOT NULL)
  ORDER BY t.account_id LIMIT p_limit
$$;

-- The provider's customer whose card a top-up charges: null without its owner's consent to just this package at this price.
CREATE FUNCTION boon.top_up_customer(p_purchase text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT c.customer_id FROM boon.purchases p JOIN boon.top_ups t ON t.account_id = p.account_id JOIN boon.payment_customers c ON c.account_id = p.account_id
  WHERE p.id = p_purchase AND (t.package, t.credits, t.price, t.currency) = (p.package, p.credits, p.price, p.currency)
$$;

-- What became of a top-up acts on the consent: a charge that failed pauses it, which is told; money that went back ends it.
CREATE OR REPLACE FUNCTION boon.heed_top_up(p boon.purchases, p_said text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz;
BEGIN
  IF p.kind <> 'top_up' THEN RETURN; END IF;
  IF p_said IN ('failed', 'expired') THEN
    until := p_at + (SELECT x.top_up_pause FROM boon.purchase_rules x WHERE x.version = p.policy_version);
    UPDATE boon.top_ups t SET paused_until = until, told = 'paused ' || extract(epoch FROM until)::bigint WHERE t.account_id = p.account_id;
    IF FOUND THEN
      INSERT INTO boon.events (type, subject, accounts, data, effective_at)
        VALUES ('top_up.paused', p.account_id, ARRAY[p.account_id], jsonb_build_object('reason', 'paused', 'until', until, 'purchase_id', p.id), p_at);
    END IF;
  ELSIF p_said IN ('refunded', 'disputed') THEN
    PERFORM boon.end_top_up(p.account_id, 'boon', 'a top-up was ' || p_said, p_at);
  END IF;
END $$;
