-- What time does to gifts: settles, expires, ends holds. Many in one call; a gift that is not due is unchanged.

-- Plans are made once and for index access: arrays are small against the tables, and a plan made while the tables
-- were empty must not live on when they have grown.
--
-- Settles gifts that are due and have passed their second screening: resolves each hold by posting it to the
-- recipient, whose new lots keep the expiry of the slices if that is sooner than the policy's. One statement.
CREATE FUNCTION boon.settle_gifts(p_ids text[], p_at timestamptz) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  WITH due AS (
    SELECT g.*, p.gifted_valid_for, p.regift FROM boon.gifts g JOIN boon.policies p ON p.version = g.policy_version
    WHERE g.id = ANY (p_ids)
  ), posted AS (
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)
    SELECT 'posted', 'gift', d.payer_id, d.recipient_id, d.amount, d.transfer, d.id, p_at FROM due d ORDER BY d.transfer
    RETURNING seq, reference
  ), lot AS (
    INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, from_lot)
    SELECT d.recipient_id, 'gifted', -e.amount, -e.amount, p_at,
      -- A source that expired while its credits were on hold must not give a lot that is born expired.
      CASE WHEN l.expires_at <= p_at THEN p_at + p.returned_valid_for ELSE least(l.expires_at, p_at + d.gifted_valid_for) END,
      d.regift, m.seq, e.slice, e.lot_id
    FROM due d JOIN boon.policies p ON p.version = d.policy_version
    JOIN posted m ON m.reference = d.id JOIN boon.entries e ON e.transfer = d.transfer JOIN boon.lots l ON l.id = e.lot_id
    ORDER BY m.seq, e.slice
    RETURNING id, account_id, granted, transfer, slice
  ), change AS (
    SELECT x.id, sum(x.debit) AS debit, sum(x.credit) AS credit FROM (
      SELECT payer_id, amount, 0 FROM due UNION ALL SELECT recipient_id, 0, amount FROM due) x (id, debit, credit)
    GROUP BY x.id
  ), total AS (
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending - c.debit, debits_posted = a.debits_posted + c.debit,
      credits_posted = a.credits_posted + c.credit
    FROM change c WHERE a.id = c.id
    RETURNING a.id, a.credits_posted - a.debits_posted - a.debits_pending - c.credit AS before
  ), entry AS (
    INSERT INTO boon.entries
    SELECT l.transfer, l.slice, l.account_id, l.id, 'gift_received', l.granted,
      t.before + sum(l.granted) OVER (PARTITION BY l.account_id ORDER BY l.transfer, l.slice), m.reference, p_at
    FROM lot l JOIN posted m ON m.seq = l.transfer JOIN total t ON t.id = l.account_id
  ), settled AS (
    UPDATE boon.gifts g SET status = 'settled', settled_at = p_at, ended_at = p_at, reason_code = NULL,
      token_hash = NULL, token_sealed = NULL
    FROM due d WHERE g.id = d.id
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'gift.settled', d.id, ARRAY[d.sender_id, d.recipient_id],
    jsonb_build_object('id', d.id, 'status', 'settled', 'from', d.sender_id, 'to', d.recipient_id, 'amount', boon.credits(d.amount)), p_at
  FROM due d;
END $$;

-- Takes ids of gifts; returns each with its next deadline. Locks: gifts, then ledger accounts, each in id order.
CREATE FUNCTION boon.advance_gifts(p_ids text[], p_at timestamptz) RETURNS SETOF jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  g boon.gifts;
  r record;
  verdict boon.verdict;
  due text[];
  settle text[] := '{}';
  problem text;
BEGIN
  PERFORM FROM boon.gifts x WHERE x.id = ANY (p_ids) ORDER BY x.id FOR UPDATE;
  due := ARRAY(SELECT x.id FROM boon.gifts x WHERE x.id = ANY (p_ids) AND x.deadline <= p_at);
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT x.payer_id FROM boon.gifts x WHERE x.id = ANY (due)
    UNION SELECT x.recipient_id FROM boon.gifts x WHERE x.id = ANY (due)) ORDER BY a.id FOR UPDATE;

  -- A hold that ran out lets go at the moment it ran out, even if it is noticed later.
  FOR g IN SELECT x.* FROM boon.gifts x WHERE x.id = ANY (due) AND x.status = 'held' ORDER BY x.id LOOP
    PERFORM boon.release_gift(g, 'time', g.hold_ends_at, g.reason, g.operated_by);
  END LOOP;
  FOR g IN SELECT x.* FROM boon.gifts x WHERE x.id = ANY (due) AND x.status = 'awaiting_claim' AND x.deadline <= p_at ORDER BY x.id LOOP
    PERFORM boon.return_gift(g, 'expired', 'expired', p_at, 'claim_expired', NULL, NULL);
  END LOOP;

  FOR r IN
    SELECT x AS gift, p AS policy, s.status AS sender_status, t.status AS recipient_status, s.created_at AS sender_created_at,
      s.fingerprints && t.fingerprints AS fingerprint_shared, f.*
    FROM boon.gifts x
    JOIN boon.policies p ON p.version = x.policy_version
    JOIN boon.accounts s ON s.id = x.sender_id
    JOIN boon.accounts t ON t.id = x.recipient_id
    CROSS JOIN LATERAL boon.screening_facts(x.sender_id, x.recipient_id, t.kind, p_at, p) f
    WHERE x.id = ANY (due) AND x.status = 'pending' AND x.settles_at <= p_at
    ORDER BY x.transfer
  LOOP
    g := r.gift;
    verdict := 'allow';
    problem := CASE WHEN r.sender_status <> 'active' THEN 'account_frozen' WHEN r.recipient_status = 'frozen' THEN 'account_frozen'
                    WHEN r.recipient_status = 'closed' THEN 'recipient_unavailable' END;
    -- Velocity and the sender's age were judged at acceptance; an operator's release overrules the other rules.
    IF problem IS NULL AND g.released_by IS DISTINCT FROM 'operator' THEN
      SELECT x.verdict, x.rule INTO verdict, problem
        FROM boon.screening_verdict(r.policy, 0, r.sender_created_at, p_at, 0, cardinality(r.recent_recipients), r.recent_senders,
                                    r.comes_back, r.fingerprint_shared) x;
    END IF;
    IF problem IS NULL THEN
      settle := settle || g.id;
    ELSIF problem = 'recipient_unavailable' OR verdict = 'deny' OR (g.released_by = 'time' AND g.held_by <> 'operator') THEN
      -- Nobody decided while it was held: value that is still suspect goes back, and the gift says why.
      PERFORM boon.return_gift(g, 'rejected', 'voided', p_at, problem, g.reason, g.operated_by);
    ELSE
      PERFORM boon.hold_gift(g, CASE WHEN problem = 'account_frozen' THEN 'freeze' ELSE 'screening' END, p_at, problem, NULL, NULL);
    END IF;
  END LOOP;
  IF settle <> '{}' THEN
    PERFORM boon.settle_gifts(settle, p_at);
  END IF;
  RETURN QUERY SELECT boon.gift_view(x) FROM boon.gifts x WHERE x.id = ANY (p_ids);
END $$;
