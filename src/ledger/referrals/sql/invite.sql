CREATE TYPE boon_code.invitation_request AS (
  i integer,
  id text,
  key text,
  input_hash text,
  at timestamp with time zone,
  program text,
  referrer_id text,
  disposable boolean,
  email_sealed text,
  email_index text,
  token_hash text,
  token_sealed text
);

-- Takes an array of invitations; answers each by its `i`: {referral} or {code, detail}. Nothing here looks whether the
-- address belongs to an account other than the referrer's own.
CREATE FUNCTION boon_code.invite(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon_code.invitation_request[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.invitation_request, p_requests) q);
  q boon_code.invitation_request;
  rules boon.program_rules;
  may jsonb;
  r boon.referrals;
  refused text;
  words text;
BEGIN
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (SELECT x.referrer_id FROM unnest(requests) x) ORDER BY a.id FOR UPDATE;
  FOR q IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon_code.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO rules FROM boon.program_rules p WHERE p.version = p_policy AND p.program = q.program;
    may := boon_code.eligibility(rules, q.referrer_id, q.at);
    IF may IS NULL OR rules.program IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', CASE WHEN rules.program IS NULL THEN format('There is no program "%s".', q.program)
                                                                        ELSE format('There is no account "%s" to invite from.', q.referrer_id) END);
      RETURN NEXT; CONTINUE;
    END IF;
    -- One to this address that has run out makes room.
    FOR r IN
      SELECT * FROM boon.referrals x WHERE x.referrer_id = q.referrer_id AND x.program = q.program AND x.email_index = decode(q.email_index, 'hex')
        AND x.status IN ('invited', 'joined') AND x.expires_at <= q.at FOR UPDATE
    LOOP
      PERFORM boon_code.expire_referral(r);
    END LOOP;
    refused := may #>> '{reasons,0,code}';
    words := may #>> '{reasons,0,detail}';
    IF refused IS NULL AND decode(q.email_index, 'hex') = (SELECT a.email_index FROM boon.accounts a WHERE a.id = q.referrer_id) THEN
      refused := 'self_referral'; words := 'This is the address of the referrer''s own account.';
    ELSIF refused IS NULL AND q.disposable THEN
      refused := 'disposable_address'; words := 'The address belongs to a provider of throw-away addresses.';
    ELSIF refused IS NULL AND EXISTS (
        SELECT FROM boon.referrals x WHERE x.referrer_id = q.referrer_id AND x.program = q.program
          AND x.email_index = decode(q.email_index, 'hex') AND x.status IN ('invited', 'joined', 'qualified')) THEN
      refused := 'duplicate_referral'; words := 'The referrer has an open invitation to this address.';
    END IF;
    IF refused IS NOT NULL THEN
      result := jsonb_build_object('code', refused, 'detail', words);
    ELSE
      INSERT INTO boon.referrals (id, status, program, policy_version, referrer_id, prompts_required, invited_at, expires_at,
        email_sealed, email_index, token_hash, token_sealed)
      VALUES (q.id, 'invited', q.program, p_policy, q.referrer_id, rules.prompts, q.at, q.at + rules.invite_valid_for,
        decode(q.email_sealed, 'hex'), decode(q.email_index, 'hex'), decode(q.token_hash, 'hex'), decode(q.token_sealed, 'hex'))
      RETURNING * INTO r;
      PERFORM boon_code.emit_referral_event(r, 'referral.invited', q.at);
      result := jsonb_build_object('referral', boon_code.referral_view(r));
    END IF;
    PERFORM boon_code.keep_answer(q.key, q.input_hash, result, q.at);
    RETURN NEXT;
  END LOOP;
END $$;
