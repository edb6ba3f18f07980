-- Notes the consent, or with p null its end. Answers {top_up} or {code, detail, errors}.
CREATE FUNCTION boon_code.put_top_up(p_policy text, p_account text, p jsonb, p_by text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
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
    PERFORM boon_code.end_top_up(p_account, p_by, 'withdrawn', p_at);
    RETURN jsonb_build_object('top_up', boon_code.top_up_view(p_policy, p_account, p_at));
  END IF;
  SELECT * INTO wanted FROM boon.package_rules x WHERE x.version = p_policy AND x.package = p ->> 'package';
  IF wanted.package IS NULL OR wanted.credits = 0 THEN
    RETURN jsonb_build_object('code', 'validation_failed', 'detail', format('There is no package of credits "%s".', p ->> 'package'),
      'errors', jsonb_build_array(jsonb_build_object('path', 'package', 'message', 'must be a package of credits')));
  ELSIF p #>> '{monthly_cap,currency}' <> wanted.currency OR cap < wanted.price THEN
    fault := format('must be at least the package''s price, %s', boon_code.money(wanted.price, wanted.currency));
    RETURN jsonb_build_object('code', 'validation_failed', 'detail', format('monthly_cap %s.', fault),
      'errors', jsonb_build_array(jsonb_build_object('path', 'monthly_cap', 'message', fault)));
  ELSIF a.status <> 'active' THEN
    RETURN jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
  ELSIF NOT EXISTS (SELECT FROM boon.payment_customers c WHERE c.account_id = p_account) THEN
    RETURN jsonb_build_object('code', 'card_required', 'detail', 'No card of this account is stored.');
  END IF;
  INSERT INTO boon.top_ups AS t (account_id, package, below, monthly_cap, currency, consented_at, credits, price)
    VALUES (p_account, wanted.package, boon_code.micro(p ->> 'below'), cap, wanted.currency, p_at, wanted.credits, wanted.price)
    ON CONFLICT (account_id) DO UPDATE SET package = excluded.package, below = excluded.below, monthly_cap = excluded.monthly_cap,
      currency = excluded.currency, consented_at = excluded.consented_at, credits = excluded.credits, price = excluded.price,
      paused_until = NULL, wanted_at = NULL, wanted = NULL, told = NULL;
  INSERT INTO boon.top_up_consents (account_id, given, package, below, monthly_cap, currency, credits, price, said_by, effective_at)
    VALUES (p_account, true, wanted.package, boon_code.micro(p ->> 'below'), cap, wanted.currency, wanted.credits, wanted.price, p_by, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('top_up.consented', p_account, ARRAY[p_account],
      p || jsonb_build_object('by', p_by, 'price', boon_code.coins(wanted.price, wanted.currency)), p_at);
  RETURN jsonb_build_object('top_up', boon_code.top_up_view(p_policy, p_account, p_at));
END $$;
