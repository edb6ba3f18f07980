CREATE TYPE boon_code.referral_action AS (
  i integer,
  key text,
  input_hash text,
  at timestamp with time zone,
  referral_id text,
  action text,
  reason text,
  operator text
);

-- Takes an array of actions; answers each by its `i`: {referral} or {code, detail}. A friend may have been given their
-- reward while the referrer's waits or is gone: that can be taken back too, and with it what still waits.
CREATE FUNCTION boon_code.act_on_referrals(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  requests boon_code.referral_action[] := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.referral_action, p_requests) q);
  q boon_code.referral_action;
  r boon.referrals;
  given_at timestamptz;
  until timestamptz;
  refused text;
BEGIN
  PERFORM boon_code.lock_with_gifts('{}', ARRAY(SELECT x.referral_id FROM unnest(requests) x WHERE x.action <> 'cancel'), ARRAY(
    SELECT v.id FROM unnest(requests) x JOIN boon.referrals y ON y.id = x.referral_id
    CROSS JOIN LATERAL (VALUES (y.referrer_id), (y.friend_id)) v (id)));
  PERFORM FROM boon.referrals x WHERE x.id IN (SELECT y.referral_id FROM unnest(requests) y) ORDER BY x.id FOR UPDATE;
  FOR q IN SELECT * FROM unnest(requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon_code.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN RETURN NEXT; CONTINUE; END IF;
    SELECT * INTO r FROM boon.referrals x WHERE x.id = q.referral_id;
    IF r.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no referral "%s".', q.referral_id));
      RETURN NEXT; CONTINUE;
    END IF;
    -- One that has run out is over, whether or not a sweep has come by.
    IF r.status IN ('invited', 'joined') AND r.expires_at <= q.at THEN r := boon_code.expire_referral(r); END IF;
    SELECT max(w.given_at) INTO given_at FROM boon.referral_rewards w WHERE w.referral_id = r.id AND w.resets_back IS NULL;
    until := coalesce(r.rewarded_at, given_at) + (boon_code.rules_of(r)).clawback_within;
    refused := CASE
      WHEN q.action = 'cancel' AND r.status IN ('invited', 'joined') THEN NULL
      WHEN q.action = 'cancel' AND r.status = 'qualified' THEN 'already_qualified'
      WHEN q.action = 'cancel' THEN 'already_resolved'
      WHEN r.status = 'qualified' THEN NULL
      WHEN r.status <> 'rewarded' AND given_at IS NULL THEN 'not_rewarded'
      WHEN q.at >= until THEN 'clawback_too_late' END;
    IF refused IS NOT NULL THEN
      result := jsonb_build_object('code', refused, 'detail', CASE refused
        WHEN 'clawback_too_late' THEN format('The reward could be taken back until %s.', boon_code.instant_text(until))
        ELSE format('The referral is %s.', r.status) END);
    ELSE
      r := CASE q.action
        WHEN 'cancel' THEN boon_code.end_referral(r, 'canceled', q.at, CASE WHEN q.reason IS NULL THEN 'canceled_by_referrer' ELSE 'canceled_by_operator' END,
                                             NULL, q.reason, q.operator)
        ELSE boon_code.end_referral(r, 'refused', q.at, 'clawed_back', boon_code.take_rewards_back(r, q.at), q.reason, q.operator) END;
      result := jsonb_build_object('referral', boon_code.referral_view(r));
    END IF;
    PERFORM boon_code.keep_answer(q.key, q.input_hash, result, q.at);
    RETURN NEXT;
  END LOOP;
END $$;
