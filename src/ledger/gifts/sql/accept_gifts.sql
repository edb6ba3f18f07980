-- The usable lots of a payer in burn order, what is left of each, and what is available of them; `at` is the one in hand.
CREATE TYPE boon_code.gift_purse AS (
  ids bigint[], remaining bigint[], giftable boolean[], expires timestamptz[], usable bigint, to_give bigint, balance bigint, at integer);

-- Takes an array of gifts of credits and answers each by its `i`: judged by the parties, the limits and screening, its credits held, and
-- written. The answer is what was decided, or {code, reason_code, detail}; null when it is to be asked anew.
CREATE FUNCTION boon_code.accept_gifts(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql
-- One plan for good, by index, whatever the tables held when it was made: OFFSET 0 keeps each look-up of its own.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  p boon.policies;
  requests boon_code.gift_request[];
  r record;
  -- The sender in hand: its counters, and how many gave and to whom it gave lately, with those of this call.
  sender text;
  used boon.gift_usage;
  recent_gifts bigint;
  recent_recipients text[];
  -- The payer in hand, and the promotional budget while another is: it pays for gifts of many senders.
  payer text;
  purse boon_code.gift_purse;
  budget boon_code.gift_purse;
  budget_known boolean := false;
  -- The gift in hand.
  refused boon_code.gift_refusal;
  facts boon_code.screening_facts;
  screened boon_code.screened;
  status boon.gift_status;
  left_to_take bigint;
  taken bigint;
  n int;
  -- What was decided.
  seen text[] := '{}';
  accepted boon_code.accepted_gift[] := '{}';
  slices boon_code.gift_slice[] := '{}';
  usages boon.gift_usage[] := '{}';
  keys boon.idempotency_keys[] := '{}';
BEGIN
  SELECT * INTO STRICT p FROM boon.policies WHERE version = p_policy;
  requests := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.gift_request, p_requests) q);
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.payer_id FROM unnest(requests) q UNION SELECT q.sender_id FROM unnest(requests) q)
    ORDER BY a.id FOR UPDATE;

  FOR r IN
    SELECT q.*, k.key IS NOT NULL AS known, k.input_hash = decode(q.input_hash, 'hex') AS same_input, k.result AS recorded,
      w AS parties, f AS facts, u.used, (l.*, a.credits_posted - a.debits_posted - a.debits_pending, 1)::boon_code.gift_purse AS purse
    FROM unnest(requests) q
    LEFT JOIN LATERAL (SELECT * FROM boon.idempotency_keys x WHERE x.key = q.key OFFSET 0) k ON true
    LEFT JOIN LATERAL (SELECT x FROM boon.gift_usage x WHERE x.account_id = q.sender_id OFFSET 0) u (used) ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = q.payer_id OFFSET 0) a ON true
    CROSS JOIN LATERAL boon_code.gift_parties(p, q.sender_id, q.recipient_id, decode(q.email_index, 'hex'), q.at) w
    CROSS JOIN LATERAL boon_code.screening_facts(p, w, q.amount) f
    CROSS JOIN LATERAL (
      SELECT array_agg(y.id), array_agg(y.remaining), array_agg(y.giftable), array_agg(y.expires_at),
        coalesce(sum(y.remaining), 0)::bigint, coalesce(sum(y.remaining) FILTER (WHERE y.giftable), 0)::bigint
      FROM (
        SELECT o.id, o.remaining, o.giftable OR q.payer_id = 'boon:promotional' AS giftable, o.expires_at FROM boon.lots o
        WHERE o.account_id = q.payer_id AND o.open AND (o.expires_at IS NULL OR o.expires_at > q.at)
        ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id) y) l
    ORDER BY q.sender_id, q.payer_id, q.i
  LOOP
    i := r.i;
    replayed := r.known;
    IF r.known THEN
      result := CASE WHEN r.same_input THEN r.recorded ELSE jsonb_build_object('code', 'idempotency_mismatch') END;
      RETURN NEXT; CONTINUE;
    END IF;
    IF r.key = ANY (seen) THEN
      -- The same key twice in one call: the second waits for the next call, where the first is recorded.
      result := NULL; RETURN NEXT; CONTINUE;
    END IF;
    seen := seen || r.key;

    -- The sender, the payer and the moment in hand.
    IF r.sender_id IS DISTINCT FROM sender THEN
      IF used.day IS NOT NULL THEN usages := usages || used; END IF;
      sender := r.sender_id; used := r.used;
      recent_gifts := (r.facts).recent_gifts; recent_recipients := (r.facts).recent_recipients;
    END IF;
    IF r.payer_id IS DISTINCT FROM payer THEN
      IF payer = 'boon:promotional' THEN budget := purse; budget_known := true; END IF;
      payer := r.payer_id;
      purse := CASE WHEN payer = 'boon:promotional' AND budget_known THEN budget ELSE r.purse END;
    END IF;
    -- A lot may expire between the gifts of one call; the soonest to expire come first.
    WHILE purse.expires[purse.at] <= r.at LOOP
      purse.usable := purse.usable - purse.remaining[purse.at];
      IF purse.giftable[purse.at] THEN purse.to_give := purse.to_give - purse.remaining[purse.at]; END IF;
      purse.at := purse.at + 1;
    END LOOP;
    used := boon_code.usage_at(used, r.sender_id, r.at);

    -- Judge.
    refused := boon_code.credits_gift_refused(p, r.parties, used, (r.amount, r.payer_id, purse.usable, purse.to_give)::boon_code.credits_given);
    IF refused.code IS NULL THEN
      facts := r.facts; facts.recent_gifts := recent_gifts; facts.recent_recipients := recent_recipients;
      screened := boon_code.screening(p, facts);
      refused := boon_code.screening_refused(screened, 'gift');
    END IF;

    IF refused.code IS NOT NULL THEN
      result := jsonb_strip_nulls(to_jsonb(refused));
    ELSE
      -- Split: take the slices, soonest to burn first.
      left_to_take := r.amount; n := 0;
      WHILE left_to_take > 0 LOOP
        IF purse.giftable[purse.at] AND purse.remaining[purse.at] > 0 THEN
          taken := least(left_to_take, purse.remaining[purse.at]);
          left_to_take := left_to_take - taken;
          purse.remaining[purse.at] := purse.remaining[purse.at] - taken;
          purse.balance := purse.balance - taken;
          n := n + 1;
          slices := slices || (r.i, n, purse.ids[purse.at], taken, purse.balance)::boon_code.gift_slice;
        END IF;
        IF left_to_take > 0 THEN purse.at := purse.at + 1; END IF;
      END LOOP;
      purse.usable := purse.usable - r.amount; purse.to_give := purse.to_give - r.amount;

      -- Count it.
      used := boon_code.usage_with(used, r.payer_id, r.amount);
      recent_gifts := recent_gifts + 1;
      IF facts.recipient <> ALL (recent_recipients) THEN recent_recipients := recent_recipients || facts.recipient; END IF;

      status := CASE WHEN screened.rule IS NOT NULL THEN 'held'::boon.gift_status WHEN r.recipient_id IS NULL THEN 'awaiting_claim' ELSE 'pending' END;
      accepted := accepted || (r.i, status, screened.rule, used.day)::boon_code.accepted_gift;
      result := jsonb_build_object('id', r.id, 'status', status, 'policy_version', p_policy, 'created_at', r.at,
        'settles_at', r.at + p.settlement,
        'claim_expires_at', CASE WHEN r.recipient_id IS NULL THEN r.at + p.claim_window END,
        'hold_ends_at', CASE WHEN status = 'held' THEN r.at + p.hold_at_most END,
        'reason_code', screened.rule);
    END IF;
    -- Not recorded: the account may exist by the next try.
    IF refused.code IS DISTINCT FROM 'not_found' AND refused.reason_code IS DISTINCT FROM 'unknown_account' THEN
      keys := keys || (r.key, decode(r.input_hash, 'hex'), result, r.at)::boon.idempotency_keys;
    END IF;
    RETURN NEXT;
  END LOOP;
  IF used.day IS NOT NULL THEN usages := usages || used; END IF;

  INSERT INTO boon.idempotency_keys SELECT k.* FROM unnest(keys) k;
  IF accepted <> '{}' THEN
    PERFORM boon_code.write_gifts(p, requests, accepted, slices, usages);
  END IF;
END $$;
