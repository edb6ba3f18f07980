CREATE TYPE boon_code.case_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  id text,
  said_by text,
  reason text
);

-- Closes open cases, as an operator says. Takes an array; answers each by its `i`: {case} or {code, detail}.
CREATE FUNCTION boon_code.close_payment_cases(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.case_request;
  c boon.payment_cases;
BEGIN
  PERFORM FROM boon.payment_cases x WHERE x.id IN (SELECT q.id FROM json_populate_recordset(NULL::boon_code.case_request, p_requests) q) ORDER BY x.id FOR UPDATE;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.case_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO c FROM boon.payment_cases x WHERE x.id = r.id AND x.status <> 'waiting';
    IF c.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no case "%s".', r.id));
    ELSIF c.status = 'closed' THEN
      result := jsonb_build_object('code', 'case_closed', 'detail', format('%s closed it: %s', c.closed_by, c.close_reason));
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    UPDATE boon.payment_cases x SET status = 'closed', closed_at = r.at, closed_by = r.said_by, close_reason = r.reason WHERE x.id = c.id RETURNING * INTO c;
    PERFORM boon_code.note_payment_case(c, 'closed', r.at);
    result := jsonb_build_object('case', boon_code.case_view(c));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
