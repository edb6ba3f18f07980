-- Does what time has brought to gifts: takes their ids, none twice, and a moment for each. Locks: gifts, then ledger
-- accounts, each in id order.
CREATE FUNCTION boon_code.move_gifts(p_ids text[], p_at timestamptz[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  g boon.gifts;
  r record;
  screened boon_code.screened;
  due text[];
  due_at timestamptz[];
  accounts text[];
  any_held boolean;
  any_unclaimed boolean;
  settle text[] := '{}';
  settle_at timestamptz[] := '{}';
  problem text;
BEGIN
  SELECT array_agg(x.id), array_agg(x.at), bool_or(x.status = 'held'), bool_or('awaiting_claim' IN (x.status, x.held_from)),
      array_agg(x.payer_id) || array_agg(x.sender_id) || array_agg(x.recipient_id)
    INTO due, due_at, any_held, any_unclaimed, accounts
    FROM (
      SELECT y.*, d.at FROM unnest(p_ids, p_at) d (id, at) JOIN boon.gifts y ON y.id = d.id ORDER BY y.id FOR UPDATE OF y) x
    WHERE x.deadline <= x.at;
  -- Those whose value moves, and the senders, whose counters change with gifts that go back.
  PERFORM FROM boon.ledger_accounts a WHERE a.id = ANY (accounts) ORDER BY a.id FOR UPDATE;

  IF any_held THEN
    -- A hold that ran out lets go at the moment it ran out, even if it is noticed later.
    FOR g IN SELECT x.* FROM boon.gifts x WHERE x.id = ANY (due) AND x.status = 'held' ORDER BY x.id LOOP
      PERFORM boon_code.release_gift(g, 'time', g.hold_ends_at, g.reason, g.operated_by);
    END LOOP;
  END IF;
  IF any_unclaimed THEN
    FOR r IN
      SELECT x AS gift, d.at FROM unnest(due, due_at) d (id, at)
      CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = d.id AND y.status = 'awaiting_claim' AND y.deadline <= d.at OFFSET 0) x
      ORDER BY d.id
    LOOP
      g := r.gift;
      PERFORM boon_code.return_gift(g, 'expired', 'expired', r.at, 'claim_expired', NULL, NULL);
    END LOOP;
  END IF;

  FOR r IN
    SELECT x AS gift, d.at, p.policy, w AS parties, f AS facts,
      -- Acceptances do not wait for each other at a recipient: of gifts given at one moment the first is the one.
      CASE WHEN (p.policy).recipient_must_be_new THEN EXISTS (
        SELECT FROM boon.gifts e WHERE e.recipient_id = x.recipient_id AND (e.accepted_at, e.id) < (x.accepted_at, x.id)
          AND e.status NOT IN ('canceled', 'expired', 'rejected')) END AS has_received
    FROM unnest(due, due_at) d (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = d.id AND y.status = 'pending' AND y.settles_at <= d.at OFFSET 0) x
    CROSS JOIN LATERAL (SELECT y AS policy FROM boon.policies y WHERE y.version = x.policy_version OFFSET 0) p
    CROSS JOIN LATERAL boon_code.gift_parties(p.policy, x.sender_id, x.recipient_id, NULL, d.at) w
    CROSS JOIN LATERAL boon_code.screening_facts(p.policy, w, NULL) f
    ORDER BY x.transfer
  LOOP
    g := r.gift;
    screened := NULL;
    problem := CASE WHEN (r.parties).sender.status <> 'active' THEN 'account_frozen' WHEN (r.parties).recipient.status = 'frozen' THEN 'account_frozen'
                    WHEN (r.parties).recipient.status = 'closed' THEN 'recipient_unavailable' WHEN r.has_received THEN 'recipient_not_new' END;
    -- An operator's release overrules the rules.
    IF problem IS NULL AND g.released_by IS DISTINCT FROM 'operator' THEN
      screened := boon_code.screening(r.policy, r.facts);
      problem := screened.rule;
    END IF;
    IF problem IS NULL AND g.reset_id IS NOT NULL THEN
      PERFORM boon_code.settle_reset_gift(g, r.at);
    ELSIF problem IS NULL THEN
      settle := settle || g.id; settle_at := settle_at || r.at;
    ELSIF problem IN ('recipient_unavailable', 'recipient_not_new') OR screened.verdict = 'deny' OR (g.released_by = 'time' AND g.held_by <> 'operator') THEN
      -- Nobody decided while it was held: value that is still suspect goes back, and the gift says why.
      PERFORM boon_code.return_gift(g, 'rejected', 'voided', r.at, problem, g.reason, g.operated_by);
    ELSE
      PERFORM boon_code.hold_gift(g, CASE WHEN problem = 'account_frozen' THEN 'freeze'::boon.gift_holder ELSE 'screening' END, r.at, problem, NULL, NULL);
    END IF;
  END LOOP;
  IF settle <> '{}' THEN
    PERFORM boon_code.settle_gifts(settle, settle_at);
  END IF;
END $$;
