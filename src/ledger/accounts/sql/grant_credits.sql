CREATE TYPE boon_code.grant_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  account_id text,
  amount bigint,
  source boon.lot_source,
  expires_at timestamp with time zone,
  giftable boolean,
  reason text,
  products text[]
);

-- Takes an array of grants; answers each by its `i`: {lot} or {code, reason_code, detail, errors}. The lot is told as it is
-- once debts are paid. One that does not fit into its account is refused, and no other.
CREATE FUNCTION boon_code.grant_credits(p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.grant_request;
  locked text[];
  lot boon.lots;
BEGIN
  locked := ARRAY(SELECT a.id FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.account_id FROM json_populate_recordset(NULL::boon_code.grant_request, p_requests) q)
    ORDER BY a.id FOR UPDATE);
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.grant_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    IF r.expires_at <= r.at THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', 'The credits would already have expired.',
        'errors', jsonb_build_array(jsonb_build_object('path', 'expires_at', 'message', 'must be later than now')));
      RETURN NEXT; CONTINUE;
    END IF;
    IF EXISTS (SELECT FROM boon.accounts a WHERE a.id = r.account_id AND a.status = 'closed') THEN
      result := jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_unavailable', 'detail', 'The account is closed.');
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    IF r.amount > boon_code.room_of(r.account_id) THEN
      result := boon_code.full_account(r.account_id);
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    IF NOT r.account_id = ANY (locked) THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
      RETURN NEXT; CONTINUE;
    END IF;
    lot := boon_code.post_lot('grant', 'grant', r.account_id, r.amount, r.source, r.expires_at, r.giftable, r.products, r.reason, r.at);
    PERFORM boon_code.credits_came(r.account_id, ARRAY[(lot.id, r.amount)::boon_code.slice], r.reason, r.at);
    SELECT * INTO STRICT lot FROM boon.lots l WHERE l.id = lot.id;
    result := jsonb_build_object('lot', boon_code.lot_view(lot));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      VALUES ('credits.granted', lot.id::text, ARRAY[r.account_id], result -> 'lot' || jsonb_build_object('reason', r.reason), r.at);
    RETURN NEXT;
  END LOOP;
END $$;
