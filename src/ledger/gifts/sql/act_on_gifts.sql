CREATE TYPE boon_code.gift_action AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  gift_id text,
  action text,
  reason text,
  operator text,
  token_hash text,
  account_id text
);

-- Takes an array of actions; answers each by its `i`: {gift} or {code, reason_code, detail}.
CREATE FUNCTION boon_code.act_on_gifts(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon_code.gift_action[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.gift_action, p_requests) q);
  r boon_code.gift_action;
  g boon.gifts;
  refused text;
BEGIN
  PERFORM FROM boon.gifts x WHERE x.id IN (SELECT q.gift_id FROM unnest(requests) q) ORDER BY x.id FOR UPDATE;
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT v.id FROM boon.gifts x JOIN unnest(requests) q ON q.gift_id = x.id
      CROSS JOIN LATERAL (VALUES (x.payer_id), (x.sender_id), (x.recipient_id)) v (id)
    UNION SELECT q.account_id FROM unnest(requests) q) ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO g FROM boon.gifts x WHERE x.id = r.gift_id;
    IF g.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no transfer "%s".', r.gift_id));
      RETURN NEXT; CONTINUE;
    END IF;
    refused := CASE WHEN r.action = 'reverse' AND g.reset_id IS NOT NULL AND g.status = 'settled' THEN 'already_settled'
                    ELSE boon_code.action_refused(g.status, r.action) END;
    IF refused IS NULL AND r.action = 'claim' THEN
      refused := CASE WHEN g.token_hash IS DISTINCT FROM decode(r.token_hash, 'hex') THEN 'claim_invalid'
                      WHEN g.claim_expires_at <= r.at THEN 'claim_expired' END;
    END IF;
    IF refused IS NOT NULL THEN
      result := jsonb_build_object('code', refused, 'detail', CASE
        WHEN refused = 'claim_invalid' THEN 'The claim link is not valid, or was used already.'
        WHEN refused = 'claim_expired' THEN 'The claim link has expired; the credits went back to the sender.'
        ELSE format('The transfer is %s: it cannot be changed by %s.', g.status, r.action) END);
    ELSIF r.action = 'claim' THEN
      result := boon_code.claim_gift(g, r.account_id, r.at);
    ELSE
      g := CASE r.action
        WHEN 'cancel' THEN boon_code.return_gift(g, 'canceled', 'voided', r.at, 'canceled', r.reason, r.operator)
        WHEN 'reject' THEN boon_code.return_gift(g, 'rejected', 'voided', r.at, 'operator_reject', r.reason, r.operator)
        WHEN 'hold' THEN boon_code.hold_gift(g, 'operator', r.at, 'operator_hold', r.reason, r.operator)
        WHEN 'release' THEN boon_code.release_gift(g, 'operator', r.at, r.reason, r.operator)
        WHEN 'reverse' THEN boon_code.reverse_gift(g, r.at, r.reason, r.operator) END;
      result := jsonb_build_object('gift', boon_code.gift_view(g));
    END IF;
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
