-- Creates or changes an account. A field that is left out keeps its value. Freezing holds the account's open
-- gifts, unfreezing releases the ones that a freeze held, in the same transaction. Answers {account, made}, or {refused}
-- with the path and message of what cannot be, or {has_changed} where it is not what `if_match` says; then nothing has changed.
CREATE FUNCTION boon_code.put_account(p_id text, p jsonb, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  refused jsonb;
  joined text;
  made int;
  before boon.accounts;
  after boon.accounts;
  g boon.gifts;
  judged_anew boolean;
BEGIN
  -- Lock order of every writer: gifts, then ledger accounts. A freeze and an unfreeze of one account take turns, so
  -- that the second knows the gifts that the first has held. Of the gifts accepted between the two locks, those that
  -- somebody else is changing are passed over: they are caught at settlement.
  IF p ? 'status' THEN
    PERFORM pg_advisory_xact_lock(hashtext('boon.put_account'), hashtext(p_id));
    PERFORM FROM boon.gifts x WHERE x.deadline IS NOT NULL AND (x.sender_id = p_id OR x.recipient_id = p_id) ORDER BY x.id FOR UPDATE;
  END IF;
  INSERT INTO boon.ledger_accounts (id) VALUES (p_id) ON CONFLICT (id) DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  -- The organisation that it joins is locked too, so that it stays one meanwhile; the one it belongs to is left alone.
  SELECT nullif(p ->> 'org_id', (SELECT x.org_id FROM boon.accounts x WHERE x.id = p_id)) INTO joined;
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (p_id, joined) ORDER BY a.id FOR UPDATE;
  SELECT * INTO before FROM boon.accounts x WHERE x.id = p_id;
  IF joined IS NULL AND before.org_id <> p ->> 'org_id' THEN
    RAISE EXCEPTION 'account "%" has just changed its organisation', p_id USING ERRCODE = 'serialization_failure'; -- Asked again by the caller.
  END IF;
  -- Judged behind the locks, so that of two who rest on the same state only the first is let through.
  IF p ? 'if_match' AND NOT coalesce(p -> 'if_match' ?| ARRAY['*', boon_code.account_etag(p_id, p_at)] AND before.id IS NOT NULL, false) THEN
    IF made = 1 THEN DELETE FROM boon.ledger_accounts a WHERE a.id = p_id; END IF;
    RETURN jsonb_build_object('has_changed', true);
  END IF;
  after := before;
  after.id := p_id;
  after.plan := coalesce(p ->> 'plan', before.plan);
  after.kind := coalesce(p ->> 'kind', before.kind, 'person');
  after.status := coalesce(p ->> 'status', before.status, 'active');
  after.created_at := coalesce((p ->> 'created_at')::timestamptz, before.created_at, p_at);
  after.billing_day := coalesce((p ->> 'billing_day')::smallint, before.billing_day, extract(day FROM after.created_at AT TIME ZONE 'UTC')::smallint);
  IF p ? 'email_index' THEN
    after.email_index := decode(p ->> 'email_index', 'hex'); after.email_sealed := decode(p ->> 'email_sealed', 'hex');
  END IF;
  after.email_disposable := coalesce((p ->> 'email_disposable')::boolean, before.email_disposable, false);
  IF p ? 'identity_verified_at' THEN after.identity_verified_at := (p ->> 'identity_verified_at')::timestamptz; END IF;
  IF p ? 'last_active_at' THEN after.last_active_at := (p ->> 'last_active_at')::timestamptz; END IF;
  IF p ? 'org_id' THEN after.org_id := p ->> 'org_id'; END IF;
  after.cohorts := CASE WHEN p ? 'cohorts' THEN ARRAY(SELECT jsonb_array_elements_text(p -> 'cohorts')) ELSE coalesce(before.cohorts, '{}') END;
  after.fingerprints := CASE WHEN p ? 'fingerprints' THEN ARRAY(SELECT jsonb_array_elements_text(p -> 'fingerprints')) ELSE coalesce(before.fingerprints, '{}') END;
  after.auto_redeem := coalesce((p ->> 'auto_redeem')::boolean, before.auto_redeem, false);
  after.use_credits := coalesce((p ->> 'use_credits')::boon.credit_switch, before.use_credits, 'auto');
  IF p ? 'spending_limit' THEN after.spending_limit := boon_code.micro(p ->> 'spending_limit'); END IF;
  IF p ? 'pool_limit' THEN after.pool_limit := boon_code.micro(p ->> 'pool_limit'); END IF;
  after.billing := coalesce((p ->> 'billing')::boon.billing_switch, before.billing, 'pool');
  IF p ? 'invoice_ceiling' THEN after.invoice_ceiling := boon_code.micro(p ->> 'invoice_ceiling'); END IF;
  after.updated_at := p_at;
  refused := boon_code.account_refused(before, after, p);
  IF refused IS NOT NULL THEN
    IF made = 1 THEN DELETE FROM boon.ledger_accounts a WHERE a.id = p_id; END IF;
    RETURN jsonb_build_object('refused', refused);
  END IF;
  IF before.billing_day <> after.billing_day THEN PERFORM boon_code.move_billing_day(before, after.billing_day, p_at); END IF;
  judged_anew := before.id IS NULL
    OR (before.plan, before.kind, before.status, before.cohorts) IS DISTINCT FROM (after.plan, after.kind, after.status, after.cohorts);
  -- A campaign that begins now waits for this account, so that one of the two sees the other.
  IF judged_anew THEN PERFORM pg_advisory_xact_lock_shared(hashtext('boon.campaigns')); END IF;
  after.number := coalesce(before.number, nextval('boon.accounts_number_seq'));
  INSERT INTO boon.accounts SELECT after.*
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, plan = excluded.plan, status = excluded.status,
      email_sealed = excluded.email_sealed, email_index = excluded.email_index, email_disposable = excluded.email_disposable, billing_day = excluded.billing_day,
      identity_verified_at = excluded.identity_verified_at, created_at = excluded.created_at, last_active_at = excluded.last_active_at,
      cohorts = excluded.cohorts, org_id = excluded.org_id, fingerprints = excluded.fingerprints, auto_redeem = excluded.auto_redeem, use_credits = excluded.use_credits,
      spending_limit = excluded.spending_limit, pool_limit = excluded.pool_limit,
      billing = excluded.billing, invoice_ceiling = excluded.invoice_ceiling, updated_at = excluded.updated_at;

  IF p ? 'last_active_at' THEN PERFORM boon_code.say_last_active(p_id, after.last_active_at); END IF;

  IF before.status <> 'frozen' AND after.status = 'frozen' THEN
    FOR g IN SELECT x.* FROM boon.gifts x WHERE x.status IN ('pending', 'awaiting_claim') AND (x.sender_id = p_id OR x.recipient_id = p_id)
             ORDER BY x.id FOR UPDATE SKIP LOCKED LOOP
      PERFORM boon_code.hold_gift(g, 'freeze', p_at, 'account_frozen', NULL, NULL);
    END LOOP;
  ELSIF before.status <> 'active' AND after.status = 'active' THEN
    FOR g IN
      SELECT x.* FROM boon.gifts x
      WHERE x.status = 'held' AND x.held_by = 'freeze' AND (x.sender_id = p_id OR x.recipient_id = p_id)
        AND NOT EXISTS (SELECT FROM boon.accounts o WHERE o.id IN (x.sender_id, x.recipient_id) AND o.status <> 'active')
      ORDER BY x.id FOR UPDATE SKIP LOCKED
    LOOP
      PERFORM boon_code.release_gift(g, 'unfreeze', p_at, NULL, NULL);
    END LOOP;
  END IF;
  IF before.status IS DISTINCT FROM after.status THEN
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('account.' || after.status, p_id, ARRAY[p_id], jsonb_build_object('status', after.status, 'was', before.status), p_at);
  END IF;
  IF judged_anew THEN PERFORM boon_code.join_campaigns(p_id, p_at); END IF;
  RETURN jsonb_build_object('account', boon_code.account_view(p_id, p_at), 'etag', boon_code.account_etag(p_id, p_at),
    'made', before.id IS NULL);
END $$;
