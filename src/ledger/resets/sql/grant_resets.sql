CREATE TYPE boon_code.reset_grant AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  account_id text,
  count integer,
  program text,
  reason text,
  operator text
);

-- Takes an array of grants; answers each by its `i`: {resets, reason, by} or {code, reason_code, detail}.
CREATE FUNCTION boon_code.grant_resets(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.reset_grant;
  status text;
  banked bigint[];
BEGIN
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.account_id FROM json_populate_recordset(NULL::boon_code.reset_grant, p_requests) q)
    ORDER BY a.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.reset_grant, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT a.status INTO status FROM boon.accounts a WHERE a.id = r.account_id;
    IF NOT FOUND THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
      RETURN NEXT; CONTINUE;
    END IF;
    IF status = 'closed' THEN
      result := jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_unavailable', 'detail', 'The account is closed.');
    ELSE
      banked := ARRAY(SELECT boon_code.bank_resets(p_policy, r.account_id, r.count, 'grant', r.program, r.key, r.at));
      SELECT jsonb_build_object('resets', jsonb_agg(boon_code.reset_view(t, r.at) ORDER BY t.id), 'reason', r.reason, 'by', r.operator)
        INTO result FROM boon.resets t WHERE t.id = ANY (banked);
    END IF;
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
