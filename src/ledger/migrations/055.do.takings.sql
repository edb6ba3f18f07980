-- What is taken out of lots for money that went back, or for a debt; and what is given back of it, to the very lots.

-- One row a posting that took. `given_back` is what has gone into the lot again, or into one that goes on from it.
CREATE TABLE boon.takings (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transfer bigint NOT NULL UNIQUE,
  account_id text COLLATE "C" NOT NULL,
  lot_id bigint NOT NULL,
  amount bigint NOT NULL,
  -- The purchase whose money went back; or the payment of a debt.
  purchase_id text COLLATE "C",
  movement bigint UNIQUE,
  given_back bigint NOT NULL DEFAULT 0,
  CONSTRAINT taking_is_sound CHECK (amount > 0 AND given_back >= 0 AND given_back <= amount AND num_nonnulls(purchase_id, movement) = 1)
);
-- For giving back: the latest first.
CREATE INDEX takings_kept ON boon.takings (account_id, seq) WHERE given_back < amount;

-- Who owes something now: so that paths on which nobody does need not look further.
CREATE INDEX debts_open ON boon.debts (account_id) WHERE amount > 0;
COMMENT ON COLUMN boon.debt_movements.purchase_id IS
  'The purchase that is owed; of a reward that was taken back its referral; of a payment what brought the credits that paid.';

-- Of a ledger that is in use already. What it gave back counts for the latest takings.
INSERT INTO boon.takings (transfer, account_id, lot_id, amount, purchase_id)
  SELECT t.seq, t.debit_account, e.lot_id, t.amount, t.reference FROM boon.transfers t JOIN boon.entries e ON e.transfer = t.seq
  WHERE t.kind = 'refund' ORDER BY t.seq;
INSERT INTO boon.takings (transfer, account_id, lot_id, amount, movement)
  SELECT t.seq, t.debit_account, e.lot_id, t.amount, m.seq FROM boon.transfers t JOIN boon.entries e ON e.transfer = t.seq
  JOIN boon.debt_movements m ON m.kind = 'paid' AND m.account_id = t.debit_account AND m.purchase_id = t.reference
  WHERE t.kind = 'debt' ORDER BY t.seq;
WITH returned AS (
  SELECT account_id, purchase_id, sum(amount) AS amount FROM boon.debt_movements WHERE kind = 'returned' GROUP BY 1, 2
), restored AS (
  SELECT t.reference AS purchase_id, sum(t.amount) AS amount FROM boon.transfers t WHERE t.kind = 'restoration' GROUP BY 1
), given AS (
  SELECT k.seq, k.amount, coalesce(r.amount, 0) - coalesce(d.amount, 0) AS whole,
    coalesce(sum(k.amount) OVER (PARTITION BY k.purchase_id ORDER BY k.seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
  FROM boon.takings k LEFT JOIN restored r ON r.purchase_id = k.purchase_id LEFT JOIN returned d ON d.purchase_id = k.purchase_id
  WHERE k.purchase_id IS NOT NULL
  UNION ALL
  SELECT k.seq, k.amount, coalesce((SELECT sum(d.amount) FROM returned d WHERE d.account_id = k.account_id), 0),
    coalesce(sum(k.amount) OVER (PARTITION BY k.account_id ORDER BY k.seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
  FROM boon.takings k WHERE k.movement IS NOT NULL
)
UPDATE boon.takings k SET given_back = least(g.amount, g.whole - g.before) FROM given g WHERE g.seq = k.seq AND g.whole > g.before;

-- Until when credits are good that come back at p_at out of a hold that began at p_began. Where little or none of the time of
-- their lot is left they have the policy's time of grace, once: it ends no later than that time after the longest hold that could
-- have been on the lot as it first expired. What was held only after that has had its grace.
CREATE FUNCTION boon.good_until(p_expires_at timestamptz, p_first_expires_at timestamptz, p_began timestamptz, p boon.policies, p_at timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN CASE
  WHEN p_expires_at IS NULL OR p_began >= coalesce(p_first_expires_at, p_expires_at) THEN p_expires_at
  ELSE greatest(p_expires_at, least(p_at, coalesce(p_first_expires_at, p_expires_at) + p.hold_at_most) + p.returned_valid_for) END;

-- Puts a slice of a posting into the lot that it came out of, good until p_until. A lot that has no room for it, or has other
-- credits whose time is not changed, is left alone: the slice becomes a lot of its own with the terms of the old. Returns the lot.
-- The caller writes the entry.
CREATE FUNCTION boon.put_into_lot(p_lot bigint, p_amount bigint, p_until timestamptz, p_transfer bigint, p_slice int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  l boon.lots;
  made bigint;
BEGIN
  SELECT * INTO STRICT l FROM boon.lots x WHERE x.id = p_lot;
  IF l.remaining + p_amount <= l.granted AND p_until IS NOT DISTINCT FROM l.expires_at THEN
    UPDATE boon.lots x SET remaining = x.remaining + p_amount WHERE x.id = p_lot;
    RETURN p_lot;
  ELSIF p_amount <= l.granted AND l.remaining = 0 AND l.first_expires_at IS NULL THEN
    UPDATE boon.lots x SET remaining = p_amount, expires_at = p_until, first_expires_at = x.expires_at WHERE x.id = p_lot;
    RETURN p_lot;
  END IF;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, products, continues, first_expires_at)
    VALUES (l.account_id, l.source, p_amount, p_amount, l.granted_at, p_until, l.giftable, p_transfer, p_slice, l.products, l.id,
      CASE WHEN p_until IS DISTINCT FROM l.expires_at THEN coalesce(l.first_expires_at, l.expires_at) ELSE l.first_expires_at END)
    RETURNING id INTO made;
  RETURN made;
END $$;

-- Credits out of an account's lot to boon:issuance. The caller has locked the account. Returns the transfer.
DROP FUNCTION boon.take_from_lot(bigint, bigint, boon.transfer_kind, boon.entry_kind, text, timestamptz);
CREATE FUNCTION boon.take_from_lot(p_lot bigint, p_amount bigint, p_transfer boon.transfer_kind, p_entry boon.entry_kind, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  owner text;
  available bigint;
  moved bigint;
BEGIN
  UPDATE boon.lots l SET remaining = l.remaining - p_amount WHERE l.id = p_lot RETURNING l.account_id INTO STRICT owner;
  UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + p_amount WHERE a.id = owner
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', p_transfer, owner, 'boon:issuance', p_amount, p_reference, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.entries VALUES (moved, 1, owner, p_lot, p_entry, -p_amount, available, p_reference, p_at);
  RETURN moved;
END $$;

-- Gives back a part of what was taken, for the purchase p_reference. Credits whose lot has expired meanwhile live on for the
-- policy's time of grace. Returns the lot that has them now. The caller has locked the account.
DROP FUNCTION boon.put_back_into_lot(bigint, bigint, text, text, timestamptz);
-- Gives back a part of what was taken, for the purchase p_reference. Credits of whose time less than the
-- policy's time of grace is left live on for that. Returns the lot that has them now. The caller has locked the account.
CREATE FUNCTION boon.give_back(k boon.takings, p_amount bigint, p_policy text, p_reference text, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  available bigint;
  moved bigint;
  lot bigint;
  until timestamptz;
BEGIN
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon.post_expiry(ARRAY[k.lot_id], p_at);
  UPDATE boon.takings x SET given_back = x.given_back + p_amount WHERE x.seq = k.seq;
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p_amount WHERE a.id = k.account_id
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'restoration', 'boon:issuance', k.account_id, p_amount, p_reference, p_at) RETURNING seq INTO moved;
  SELECT CASE WHEN l.expires_at IS NOT NULL THEN greatest(l.expires_at, p_at + p.returned_valid_for) END INTO STRICT until
    FROM boon.lots l, boon.policies p WHERE l.id = k.lot_id AND p.version = p_policy;
  lot := boon.put_into_lot(k.lot_id, p_amount, until, moved, 1);
  INSERT INTO boon.entries VALUES (moved, 1, k.account_id, lot, 'restored', p_amount, available, p_reference, p_at);
  RETURN lot;
END $$;

-- Credits that came in or back, lot by lot.
CREATE TYPE boon.slice AS (lot_id bigint, amount bigint);

-- Of a purchase p_part is owed no longer: its money came back, or its credits did. First the debt ends; what has been paid of it
-- goes back to the lots that paid, the latest payment first. Returns what went where. The caller has locked the account.
CREATE FUNCTION boon.owe_less(p boon.purchases, p_part bigint, p_at timestamptz) RETURNS boon.slice[] LANGUAGE plpgsql AS $$
DECLARE
  ended bigint;
  back bigint;
  k boon.takings;
  part bigint;
  slices boon.slice[] := '{}';
BEGIN
  SELECT least(p_part, coalesce(sum(d.amount), 0)) INTO ended FROM boon.debts d WHERE d.account_id = p.account_id;
  back := p_part - ended;
  UPDATE boon.debts d SET amount = d.amount - ended WHERE d.account_id = p.account_id;
  INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at)
    SELECT p.account_id, v.kind, v.amount, p.id, p_at FROM (VALUES ('canceled'::boon.debt_movement, ended), ('returned', back)) v (kind, amount) WHERE v.amount > 0;
  FOR k IN SELECT * FROM boon.takings x WHERE x.account_id = p.account_id AND x.movement IS NOT NULL AND x.given_back < x.amount ORDER BY x.seq DESC LOOP
    EXIT WHEN back = 0;
    part := least(back, k.amount - k.given_back);
    slices := slices || (boon.give_back(k, part, p.policy_version, p.id, p_at), part)::boon.slice;
    back := back - part;
  END LOOP;
  RETURN slices;
END $$;

-- Pays what an account owes out of credits that came in or back, those first that would burn first. `p_reference` is what
-- brought them. The caller has locked the account.
CREATE FUNCTION boon.pay_debt(p_account text, p_slices boon.slice[], p_reference text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owed bigint := (SELECT d.amount FROM boon.debts d WHERE d.account_id = p_account);
  s record;
  part bigint;
  moved bigint;
  noted bigint;
BEGIN
  IF coalesce(owed, 0) = 0 THEN RETURN; END IF;
  FOR s IN
    SELECT l.id, least(l.remaining, x.amount) AS amount
    FROM (SELECT y.lot_id, sum(y.amount)::bigint AS amount FROM unnest(p_slices) y GROUP BY y.lot_id) x JOIN boon.lots l ON l.id = x.lot_id
    WHERE l.open AND (l.expires_at IS NULL OR l.expires_at > p_at) ORDER BY l.expires_at NULLS LAST, l.source, l.granted_at, l.id
  LOOP
    EXIT WHEN owed = 0;
    part := least(owed, s.amount);
    moved := boon.take_from_lot(s.id, part, 'debt', 'debt_paid', p_reference, p_at);
    UPDATE boon.debts d SET amount = d.amount - part WHERE d.account_id = p_account;
    INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at) VALUES (p_account, 'paid', part, p_reference, p_at)
      RETURNING seq INTO noted;
    INSERT INTO boon.takings (transfer, account_id, lot_id, amount, movement) VALUES (moved, p_account, s.id, part, noted);
    owed := owed - part;
  END LOOP;
END $$;

-- The lot of which another is, or goes on from, the first.
CREATE FUNCTION boon.first_lot(p_lot bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE line AS (
    SELECT l.id, l.continues FROM boon.lots l WHERE l.id = p_lot
    UNION ALL
    SELECT l.id, l.continues FROM line x JOIN boon.lots l ON l.id = x.continues
  )
  SELECT x.id FROM line x WHERE x.continues IS NULL
$$;

-- What every path calls that has filled lots of an account. Credits of a purchase whose money went back, and which were owed
-- because they were gone, are taken now; what else has come pays the debt. The caller has locked the account, and reads a
-- purchase of it anew.
CREATE FUNCTION boon.credits_came(p_account text, p_slices boon.slice[], p_reference text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  slices boon.slice[] := p_slices;
  n int := 1;
  p boon.purchases;
  part bigint;
BEGIN
  -- No row: it has never owed anything.
  IF NOT EXISTS (SELECT FROM boon.debts d WHERE d.account_id = p_account) THEN RETURN; END IF;
  WHILE n <= cardinality(slices) LOOP
    SELECT * INTO p FROM boon.purchases x WHERE x.lot_id = boon.first_lot((slices[n]).lot_id) AND x.owed > 0;
    IF FOUND THEN
      SELECT least(p.owed, (slices[n]).amount, l.remaining) INTO part FROM boon.lots l WHERE l.id = (slices[n]).lot_id;
      IF part > 0 THEN
        PERFORM boon.take_for_purchase(p, (slices[n]).lot_id, part, p_at);
        UPDATE boon.purchases x SET owed = x.owed - part, taken = x.taken + part WHERE x.id = p.id;
        slices := slices || boon.owe_less(p, part, p_at);
      END IF;
    END IF;
    n := n + 1;
  END LOOP;
  PERFORM boon.pay_debt(p_account, slices, p_reference, p_at);
END $$;

CREATE FUNCTION boon.take_for_purchase(p boon.purchases, p_lot bigint, p_amount bigint, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.takings (transfer, account_id, lot_id, amount, purchase_id)
  SELECT boon.take_from_lot(p_lot, p_amount, 'refund', 'refunded', p.id, p_at), p.account_id, p_lot, p_amount, p.id
$$;
