-- What time does to gifts: settles, expires, ends holds. Many in one call; a gift that is not due is unchanged.

-- Settles gifts that are due and have passed their second screening: resolves each hold by posting it to the
-- recipient, whose new lots pay for what those of the slices did and keep their expiry if that is sooner than the policy's. One statement a
-- call; every row's number is drawn beforehand, so that no step waits for what another returns. OFFSET 0 keeps
-- each look-up one of its own by index, whatever the tables held when the plan was made. `p_at` has each gift's moment.
CREATE FUNCTION boon.settle_gifts(p_ids text[], p_at timestamptz[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  -- Numbers are drawn by the statement that inserts under them, so under its lock on the table: sealing waits for
  -- that lock, and none can appear behind a sealed block.
  WITH due AS MATERIALIZED (
    SELECT x.at, g.id, g.sender_id, g.recipient_id, g.payer_id, g.amount, g.transfer, nextval('boon.transfers_seq_seq') AS seq,
      p.gifted_valid_for, p.returned_valid_for, p.regift
    FROM unnest(p_ids, p_at) x (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = x.id OFFSET 0) g
    CROSS JOIN LATERAL (SELECT * FROM boon.policies y WHERE y.version = g.policy_version OFFSET 0) p
  ), slice AS MATERIALIZED (
    SELECT d.at, d.id AS gift_id, d.seq, e.slice, d.recipient_id, -e.amount AS amount, e.lot_id AS from_lot, d.regift,
      nextval('boon.lots_id_seq') AS lot_id, l.products,
      -- A source that expired while its credits were on hold must not give a lot that is born expired.
      least(CASE WHEN l.expires_at <= d.at THEN d.at + d.returned_valid_for ELSE l.expires_at END, d.at + d.gifted_valid_for) AS expires_at,
      a.available - sum(e.amount) OVER (PARTITION BY d.recipient_id ORDER BY d.seq, e.slice) AS balance
    FROM due d
    CROSS JOIN LATERAL (SELECT * FROM boon.entries y WHERE y.transfer = d.transfer OFFSET 0) e
    CROSS JOIN LATERAL (SELECT y.expires_at, y.products FROM boon.lots y WHERE y.id = e.lot_id OFFSET 0) l
    CROSS JOIN LATERAL (
      SELECT y.credits_posted - y.debits_posted - y.debits_pending AS available
      FROM boon.ledger_accounts y WHERE y.id = d.recipient_id OFFSET 0) a
  ), posted AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)
    OVERRIDING SYSTEM VALUE
    SELECT d.seq, 'posted', 'gift', d.payer_id, d.recipient_id, d.amount, d.transfer, d.id, d.at FROM due d
  ), lot AS (
    INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, from_lot, products)
    OVERRIDING SYSTEM VALUE
    SELECT s.lot_id, s.recipient_id, 'gifted', s.amount, s.amount, s.at, s.expires_at, s.regift, s.seq, s.slice, s.from_lot, s.products FROM slice s
  ), entry AS (
    INSERT INTO boon.entries
    SELECT s.seq, s.slice, s.recipient_id, s.lot_id, 'gift_received', s.amount, s.balance, s.gift_id, s.at FROM slice s
  ), total AS (
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending - c.debit, debits_posted = a.debits_posted + c.debit,
      credits_posted = a.credits_posted + c.credit
    FROM (
      SELECT x.id, sum(x.debit) AS debit, sum(x.credit) AS credit FROM (
        SELECT payer_id, amount, 0 FROM due UNION ALL SELECT recipient_id, 0, amount FROM due) x (id, debit, credit)
      GROUP BY x.id) c
    WHERE a.id = c.id
  ), settled AS (
    UPDATE boon.gifts g SET status = 'settled', settled_at = d.at, ended_at = d.at, reason_code = NULL,
      token_hash = NULL, token_sealed = NULL
    FROM due d WHERE g.id = d.id
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'gift.settled', d.id, ARRAY[d.sender_id, d.recipient_id],
    jsonb_build_object('id', d.id, 'status', 'settled', 'from', d.sender_id, 'to', d.recipient_id, 'amount', boon.credits(d.amount)), d.at
  FROM due d;
END $$;

-- Takes ids of gifts, none twice, and a moment for each; returns each with its next deadline. Locks: gifts, then
-- ledger accounts, each in id order.
CREATE FUNCTION boon.advance_gifts(p_ids text[], p_at timestamptz[]) RETURNS SETOF jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  g boon.gifts;
  r record;
  verdict boon.verdict;
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
      PERFORM boon.release_gift(g, 'time', g.hold_ends_at, g.reason, g.operated_by);
    END LOOP;
  END IF;
  IF any_unclaimed THEN
    FOR r IN
      SELECT x AS gift, d.at FROM unnest(due, due_at) d (id, at)
      CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = d.id AND y.status = 'awaiting_claim' AND y.deadline <= d.at OFFSET 0) x
      ORDER BY d.id
    LOOP
      g := r.gift;
      PERFORM boon.return_gift(g, 'expired', 'expired', r.at, 'claim_expired', NULL, NULL);
    END LOOP;
  END IF;

  FOR r IN
    SELECT x AS gift, d.at, p.policy, s.status AS sender_status, t.status AS recipient_status, s.created_at AS sender_created_at,
      s.fingerprints && t.fingerprints AS fingerprint_shared,
      -- Acceptances do not wait for each other at a recipient: of gifts given at one moment the first is the one.
      CASE WHEN (p.policy).recipient_must_be_new THEN EXISTS (
        SELECT FROM boon.gifts e WHERE e.recipient_id = x.recipient_id AND (e.accepted_at, e.id) < (x.accepted_at, x.id)
          AND e.status NOT IN ('canceled', 'expired', 'rejected')) END AS has_received, f.*
    FROM unnest(due, due_at) d (id, at)
    CROSS JOIN LATERAL (SELECT * FROM boon.gifts y WHERE y.id = d.id AND y.status = 'pending' AND y.settles_at <= d.at OFFSET 0) x
    CROSS JOIN LATERAL (SELECT y AS policy FROM boon.policies y WHERE y.version = x.policy_version OFFSET 0) p
    CROSS JOIN LATERAL (SELECT * FROM boon.accounts y WHERE y.id = x.sender_id OFFSET 0) s
    CROSS JOIN LATERAL (SELECT * FROM boon.accounts y WHERE y.id = x.recipient_id OFFSET 0) t
    CROSS JOIN LATERAL boon.screening_facts(x.sender_id, x.recipient_id, t.kind, d.at, p.policy) f
    ORDER BY x.transfer
  LOOP
    g := r.gift;
    verdict := 'allow';
    problem := CASE WHEN r.sender_status <> 'active' THEN 'account_frozen' WHEN r.recipient_status = 'frozen' THEN 'account_frozen'
                    WHEN r.recipient_status = 'closed' THEN 'recipient_unavailable' WHEN r.has_received THEN 'recipient_not_new' END;
    -- Velocity and the sender's age were judged at acceptance; an operator's release overrules the other rules.
    IF problem IS NULL AND g.released_by IS DISTINCT FROM 'operator' THEN
      problem := boon.caught_by(r.policy, NULL, r.sender_created_at, r.at, NULL,
                                cardinality(array_remove(r.recent_recipients, g.recipient_id)) + 1, r.other_senders + 1,
                                r.comes_back, r.fingerprint_shared);
      verdict := boon.verdict_of(r.policy, problem);
    END IF;
    IF problem IS NULL AND g.reset_id IS NOT NULL THEN
      PERFORM boon.settle_reset_gift(g, r.at);
    ELSIF problem IS NULL THEN
      settle := settle || g.id; settle_at := settle_at || r.at;
    ELSIF problem IN ('recipient_unavailable', 'recipient_not_new') OR verdict = 'deny' OR (g.released_by = 'time' AND g.held_by <> 'operator') THEN
      -- Nobody decided while it was held: value that is still suspect goes back, and the gift says why.
      PERFORM boon.return_gift(g, 'rejected', 'voided', r.at, problem, g.reason, g.operated_by);
    ELSE
      PERFORM boon.hold_gift(g, CASE WHEN problem = 'account_frozen' THEN 'freeze'::boon.gift_holder ELSE 'screening' END, r.at, problem, NULL, NULL);
    END IF;
  END LOOP;
  IF settle <> '{}' THEN
    PERFORM boon.settle_gifts(settle, settle_at);
  END IF;
  RETURN QUERY SELECT boon.gift_view(x) FROM boon.gifts x WHERE x.id = ANY (p_ids);
END $$;
