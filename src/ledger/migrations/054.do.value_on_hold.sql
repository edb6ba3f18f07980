-- Where the value of a purchase or a reward is, once it has moved on: lots that go on from its lot, resets that go on from its
-- resets, and the open gifts that hold some of either. And the locks of whoever takes it back.

ALTER TABLE boon.lots
  -- The lot whose terms it goes on with: what came back could not go into that one.
  ADD COLUMN continues bigint,
  -- When it would have expired, had it not had its time of grace.
  ADD COLUMN first_expires_at timestamptz;
CREATE INDEX lots_continued ON boon.lots (continues) WHERE continues IS NOT NULL;

-- A lot and those that go on from it, the first first.
CREATE FUNCTION boon.lot_family(p_lot bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE family AS (
    SELECT l.id FROM boon.lots l WHERE l.id = p_lot
    UNION ALL
    SELECT l.id FROM family f JOIN boon.lots l ON l.continues = f.id
  )
  SELECT f.id FROM family f ORDER BY f.id
$$;

-- The resets that an account was given by a purchase or a reward, each as its owner has it now: one that came back, or that was
-- taken and given back, goes on as another. One that was given away and settled stays the giver's last.
CREATE FUNCTION boon.last_resets(p_account text, p_source boon.reset_source, p_reference text) RETURNS SETOF boon.resets LANGUAGE sql STABLE AS $$
  WITH RECURSIVE chain AS (
    SELECT r.id FROM boon.resets r
    WHERE r.account_id = p_account AND r.source = p_source AND r.reference = p_reference AND r.from_reset IS NULL
    UNION ALL
    SELECT n.id FROM chain c JOIN boon.resets n ON n.from_reset = c.id AND n.account_id = p_account
  )
  SELECT r.* FROM chain c JOIN boon.resets r ON r.id = c.id
  WHERE NOT EXISTS (SELECT FROM boon.resets n WHERE n.from_reset = r.id AND n.account_id = p_account)
$$;

-- The open gifts of an account that hold some of these lots, or one of these resets.
CREATE FUNCTION boon.gifts_that_hold(p_account text, p_lots bigint[], p_resets bigint[]) RETURNS SETOF boon.gifts LANGUAGE sql STABLE AS $$
  SELECT g.* FROM boon.gifts g
  WHERE g.sender_id = p_account AND g.deadline IS NOT NULL AND CASE WHEN g.reset_id IS NOT NULL THEN g.reset_id = ANY (p_resets)
    ELSE g.payer_id = p_account AND EXISTS (SELECT FROM boon.entries e WHERE e.transfer = g.transfer AND e.lot_id = ANY (p_lots)) END
$$;

-- The ids of the open gifts that rest on these purchases and on the rewards of these referrals.
CREATE FUNCTION boon.gifts_that_rest_on(p_purchases text[], p_referrals text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT g.id FROM boon.purchases p CROSS JOIN LATERAL boon.gifts_that_hold(p.account_id, ARRAY(SELECT boon.lot_family(p.lot_id)),
    ARRAY(SELECT r.id FROM boon.last_resets(p.account_id, 'purchase', p.id) r WHERE r.status = 'held')) g
  WHERE p.id = ANY (p_purchases) AND p.paid_at IS NOT NULL
  UNION
  SELECT g.id FROM boon.referral_rewards w CROSS JOIN LATERAL boon.gifts_that_hold(w.account_id, ARRAY(SELECT boon.lot_family(w.lot_id)),
    ARRAY(SELECT r.id FROM boon.last_resets(w.account_id, 'referral', w.referral_id) r WHERE r.status = 'held')) g
  WHERE w.referral_id = ANY (p_referrals)
$$;

-- Locks the open gifts that rest on these purchases and rewards, then the accounts, each in id order. A gift that was accepted
-- between the two is locked too; when somebody else has begun to change it, which waits for the account, all is let go and
-- locked anew.
CREATE FUNCTION boon.lock_with_gifts(p_purchases text[], p_referrals text[], p_accounts text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  resting text[];
  locked bigint;
BEGIN
  LOOP
    BEGIN
      PERFORM FROM boon.gifts g WHERE g.id IN (SELECT boon.gifts_that_rest_on(p_purchases, p_referrals)) ORDER BY g.id FOR UPDATE;
      PERFORM FROM boon.ledger_accounts a WHERE a.id = ANY (p_accounts) ORDER BY a.id FOR UPDATE;
      resting := ARRAY(SELECT boon.gifts_that_rest_on(p_purchases, p_referrals));
      SELECT count(*) INTO locked FROM (
        SELECT FROM boon.gifts g WHERE g.id = ANY (resting) ORDER BY g.id FOR UPDATE SKIP LOCKED) x;
      IF locked = cardinality(resting) THEN RETURN; END IF;
      RAISE EXCEPTION 'a gift is being changed' USING ERRCODE = 'BOON1';
    EXCEPTION WHEN SQLSTATE 'BOON1' THEN
      -- Its locks are gone with the block.
    END;
  END LOOP;
END $$;

-- For whoever is to call boon.settle_purchase: locks what it may change, the account last.
CREATE FUNCTION boon.lock_for_refund(p_account text, p_purchase text) RETURNS void LANGUAGE sql AS $$
  SELECT boon.lock_with_gifts(ARRAY[p_purchase], '{}', ARRAY[p_account])
$$;
