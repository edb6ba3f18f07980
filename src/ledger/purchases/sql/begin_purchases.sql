CREATE TYPE boon_code.purchase_request AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  id text,
  account_id text,
  package text,
  save_card boolean
);

-- Takes an array of purchases to be; answers each by its `i`: {purchase} or {code, detail, errors}. Organisations buy resets
-- too.
CREATE FUNCTION boon_code.begin_purchases(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon_code.purchase_request;
  a boon.accounts;
  wanted boon.package_rules;
  rules boon.purchase_rules;
  p boon.purchases;
BEGIN
  SELECT * INTO STRICT rules FROM boon.purchase_rules x WHERE x.version = p_policy;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon_code.purchase_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon_code.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      -- As it stands now, for its checkout may have been made since.
      IF result ? 'purchase' THEN
        result := jsonb_build_object('purchase', (SELECT boon_code.purchase_view(x) FROM boon.purchases x WHERE x.id = result #>> '{purchase,id}'));
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO a FROM boon.accounts x WHERE x.id = r.account_id;
    SELECT * INTO wanted FROM boon.package_rules x WHERE x.version = p_policy AND x.package = r.package;
    IF a.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
    ELSIF wanted.package IS NULL THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', format('There is no package "%s".', r.package),
        'errors', jsonb_build_array(jsonb_build_object('path', 'package', 'message', 'must be a package of the policy')));
    ELSIF a.status <> 'active' THEN
      result := jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
    ELSIF wanted.credits > boon_code.room_of(a.id) THEN
      result := boon_code.full_account(a.id);
    END IF;
    IF result IS NOT NULL THEN
      PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
      RETURN NEXT; CONTINUE;
    END IF;
    INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, save_card, created_at, expires_at)
      VALUES (r.id, a.id, 'checkout', 'open', wanted.package, wanted.credits, wanted.resets, wanted.price, wanted.currency, p_policy,
        coalesce(r.save_card, false), r.at, r.at + rules.checkout_valid_for) RETURNING * INTO p;
    PERFORM boon_code.note_purchase(p, 'created', p.price, NULL, r.at);
    result := jsonb_build_object('purchase', boon_code.purchase_view(p));
    PERFORM boon_code.keep_answer(r.key, r.input_hash, result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
