-- Begins a top-up if one is due: writes the purchase, which its process then charges. Null when none is; what keeps one that is wanted is
-- told then.
CREATE FUNCTION boon_code.begin_top_up(p_policy text, p_id text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t boon.top_ups;
  news record;
  p boon.purchases;
BEGIN
  -- Looked at without a lock first: most calls find nothing to do.
  SELECT * INTO t FROM boon.top_ups x WHERE x.account_id = p_account;
  IF t.account_id IS NULL OR NOT boon_code.top_up_is_wanted(t, p_at) THEN RETURN NULL; END IF;
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p_account FOR UPDATE;
  SELECT * INTO t FROM boon.top_ups x WHERE x.account_id = p_account;
  IF t.account_id IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO news FROM boon_code.top_up_news(p_policy, t, p_at);
  IF news.told IS NOT NULL THEN
    UPDATE boon.top_ups x SET told = news.told WHERE x.account_id = p_account;
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('top_up.paused', p_account, ARRAY[p_account], jsonb_build_object('reason', news.reason, 'until', news.until), p_at);
  END IF;
  IF NOT boon_code.top_up_is_due(p_policy, t, p_at) THEN RETURN NULL; END IF;
  INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, created_at, expires_at, month)
    VALUES (p_id, p_account, 'top_up', 'open', t.package, t.credits, 0, t.price, t.currency, p_policy, p_at,
      p_at + (SELECT x.checkout_valid_for FROM boon.purchase_rules x WHERE x.version = p_policy), boon_code.month_of(p_account, p_at)) RETURNING * INTO p;
  -- One top-up for a use that was refused; the next refusal asks for the next.
  UPDATE boon.top_ups x SET wanted_at = NULL, wanted = NULL, told = NULL WHERE x.account_id = p_account;
  PERFORM boon_code.note_purchase(p, 'created', p.price, NULL, p_at);
  RETURN boon_code.with_payment(boon_code.purchase_view(p));
END $$;
