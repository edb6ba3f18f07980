-- What money that goes back takes with it, and what comes when it comes back; as in 041 and 051, now wherever the value still is.

-- Reaches for p_wanted credits of a lot: in it and in those that go on from it, then in open gifts that hold some of them, the
-- newest first, as many as are needed, which end. Takes them for a purchase, or for the claw-back of a reward. `returned` is what
-- the gifts gave back, which may be more. The caller has locked those gifts and the account.
CREATE FUNCTION boon.reach_credits(p_account text, p_lot bigint, p_wanted bigint, p boon.purchases, p_clawed text, p_at timestamptz,
  OUT taken bigint, OUT returned boon.slice[]) LANGUAGE plpgsql AS $$
DECLARE
  g boon.gifts;
  ended record;
  l record;
  part bigint;
BEGIN
  taken := 0; returned := '{}';
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon.post_expiry(ARRAY(SELECT boon.lot_family(p_lot)), p_at);
  LOOP
    FOR l IN SELECT x.id, x.remaining FROM boon.lots x WHERE x.id IN (SELECT boon.lot_family(p_lot)) AND x.open ORDER BY x.id LOOP
      part := least(l.remaining, p_wanted - taken);
      CONTINUE WHEN part = 0;
      IF p.id IS NOT NULL THEN
        PERFORM boon.take_for_purchase(p, l.id, part, p_at);
      ELSE
        PERFORM boon.take_from_lot(l.id, part, 'clawback', 'clawed_back', p_clawed, p_at);
      END IF;
      taken := taken + part;
    END LOOP;
    EXIT WHEN taken = p_wanted;
    SELECT * INTO g FROM boon.gifts_that_hold(p_account, ARRAY(SELECT boon.lot_family(p_lot)), '{}') x ORDER BY x.accepted_at DESC, x.id DESC LIMIT 1;
    EXIT WHEN NOT FOUND;
    ended := boon.end_gift(g, 'rejected', 'voided', p_at, 'funding_refunded', NULL, NULL);
    returned := returned || ended.returned;
  END LOOP;
END $$;

-- What has expired unspent of a lot and those that go on from it.
CREATE FUNCTION boon.expired_of(p_lot bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(-sum(e.amount), 0)::bigint FROM boon.entries e
  WHERE e.kind = 'expired' AND e.account_id = (SELECT l.account_id FROM boon.lots l WHERE l.id = p_lot) AND e.lot_id IN (SELECT boon.lot_family(p_lot))
$$;

CREATE FUNCTION boon.incur_debt(p_account text, p_amount bigint, p_reference text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.debts AS d VALUES (p_account, p_amount) ON CONFLICT (account_id) DO UPDATE SET amount = d.amount + excluded.amount;
  INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at) VALUES (p_account, 'incurred', p_amount, p_reference, p_at);
$$;

-- Gives what was bought; of credits the account's debt is paid first. The caller has locked account and purchase.
CREATE OR REPLACE FUNCTION boon.deliver(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  valid_for interval := (SELECT x.credits_valid_for FROM boon.purchase_rules x WHERE x.version = p.policy_version);
  available bigint;
  moved bigint;
BEGIN
  IF p.resets > 0 THEN
    PERFORM boon.bank_resets(p.policy_version, p.account_id, p.resets, 'purchase', p.package, p.id, p_at);
    RETURN p;
  END IF;
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p.credits WHERE a.id = p.account_id
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'purchase', 'boon:issuance', p.account_id, p.credits, p.id, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice)
    VALUES (p.account_id, 'purchased', p.credits, p.credits, p_at, p_at + valid_for, true, moved, 1) RETURNING id INTO p.lot_id;
  INSERT INTO boon.entries VALUES (moved, 1, p.account_id, p.lot_id, 'purchased', p.credits, available, p.id, p_at);
  UPDATE boon.purchases x SET lot_id = p.lot_id WHERE x.id = p.id;
  PERFORM boon.credits_came(p.account_id, ARRAY[(p.lot_id, p.credits)::boon.slice], p.id, p_at);
  RETURN p;
END $$;

-- Revokes resets that are in the bank. The caller has locked the account.
CREATE FUNCTION boon.revoke_resets(p_resets bigint[], p_reference text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    UPDATE boon.resets x SET status = 'revoked' WHERE x.id = ANY (p_resets) RETURNING x.id, x.account_id
  ), moved AS (
    INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
    SELECT g.id, g.account_id, 'revoked', p_reference, p_at FROM gone g ORDER BY g.id
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'reset.revoked', g.id::text, ARRAY[g.account_id], jsonb_build_object('reset_id', g.id::text, 'reference', p_reference), p_at FROM gone g ORDER BY g.id
$$;

-- Reaches for at most p_wanted of the resets that a purchase or a reward brought: those in the bank, then those that open gifts
-- hold, the newest gift first, which end. Returns how many. The caller has locked those gifts and the account.
CREATE FUNCTION boon.reach_resets(p_account text, p_source boon.reset_source, p_reference text, p_wanted int, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  there bigint[] := ARRAY(SELECT r.id FROM boon.last_resets(p_account, p_source, p_reference) r
    WHERE r.status = 'available' AND r.expires_at > p_at ORDER BY r.id LIMIT p_wanted);
  g boon.gifts;
BEGIN
  WHILE cardinality(there) < p_wanted LOOP
    SELECT * INTO g FROM boon.gifts_that_hold(p_account, '{}',
      ARRAY(SELECT r.id FROM boon.last_resets(p_account, p_source, p_reference) r WHERE r.status = 'held')) x ORDER BY x.accepted_at DESC, x.id DESC LIMIT 1;
    EXIT WHEN NOT FOUND;
    PERFORM boon.end_gift(g, 'rejected', 'voided', p_at, 'funding_refunded', NULL, NULL);
    there := there || g.reset_id;
  END LOOP;
  PERFORM boon.revoke_resets(there, p_reference, p_at);
  RETURN cardinality(there);
END $$;

-- Resets that are in the bank again. Those whose purchase was refunded, or whose reward was taken back, while they were used or
-- held are revoked now. The caller has locked their accounts.
CREATE FUNCTION boon.resets_came(p_resets bigint[], p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    WITH RECURSIVE line AS (
      SELECT x.id AS last, x.id, x.account_id, x.source, x.reference, x.from_reset FROM boon.resets x WHERE x.id = ANY (p_resets) AND x.status = 'available'
      UNION ALL
      SELECT n.last, x.id, x.account_id, x.source, x.reference, x.from_reset FROM line n JOIN boon.resets x ON x.id = n.from_reset AND x.account_id = n.account_id
    )
    SELECT l.last, l.account_id, l.source, l.reference FROM line l
    WHERE l.source IN ('purchase', 'referral') AND NOT EXISTS (SELECT FROM boon.resets x WHERE x.id = l.from_reset AND x.account_id = l.account_id) ORDER BY l.last
  LOOP
    IF r.source = 'purchase' THEN
      UPDATE boon.purchases p SET resets_kept = p.resets_kept - 1, resets_taken = p.resets_taken + 1 WHERE p.id = r.reference AND p.resets_kept > 0;
    ELSE
      UPDATE boon.referral_rewards w SET resets_back = w.resets_back + 1
        WHERE w.referral_id = r.reference AND w.account_id = r.account_id AND w.resets_back < w.resets;
    END IF;
    IF FOUND THEN PERFORM boon.revoke_resets(ARRAY[r.last], r.reference, p_at); END IF;
  END LOOP;
END $$;

-- Resets: those still in the bank, or on their way in an open gift, are revoked; those that were used or given stay gone, and are
-- not owed. What comes back goes on from the latest that were revoked, for as long as they were good, but at least as long as one
-- that came back.
CREATE OR REPLACE FUNCTION boon.settle_resets(p boon.purchases, p_back int, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  wanted int := p_back - p.resets_taken - p.resets_kept;
  done int;
BEGIN
  IF wanted > 0 THEN
    done := boon.reach_resets(p.account_id, 'purchase', p.id, wanted, p_at);
    p.resets_taken := p.resets_taken + done; p.resets_kept := p.resets_kept + wanted - done;
  ELSIF wanted < 0 THEN
    done := least(-wanted, p.resets_kept);
    p.resets_kept := p.resets_kept - done;
    done := -wanted - done;
    IF done > 0 THEN
      WITH again AS (
        INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset)
        SELECT r.account_id, 'available', 'purchase', r.program, p.id, r.policy_version, p_at, greatest(r.expires_at, p_at + x.return_within), r.id
        FROM (SELECT * FROM boon.last_resets(p.account_id, 'purchase', p.id) y WHERE y.status = 'revoked' ORDER BY y.id DESC LIMIT done) r
        JOIN boon.reset_rules x ON x.version = r.policy_version ORDER BY r.id
        RETURNING id, account_id, program, expires_at, from_reset
      ), moved AS (
        INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
        SELECT a.id, a.account_id, 'granted', p.id, p_at FROM again a ORDER BY a.id
      )
      INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      SELECT 'reset.granted', a.id::text, ARRAY[a.account_id], jsonb_build_object('reset_id', a.id::text, 'source', 'purchase',
        'program', a.program, 'expires_at', a.expires_at, 'from_reset', a.from_reset::text), p_at FROM again a ORDER BY a.id;
      p.resets_taken := p.resets_taken - done;
    END IF;
  END IF;
  RETURN p;
END $$;

-- Credits: what is left of them, in lots and open gifts, is taken; what has expired unspent is let go; what was spent or given is
-- owed. When money comes back (a dispute that was won) it goes the other way: first what is owed ends, then what was taken is given
-- back to the very lots. `slices` is what lots were filled with.
DROP FUNCTION boon.settle_credits(boon.purchases, bigint, timestamptz);
CREATE FUNCTION boon.settle_credits(INOUT p boon.purchases, p_back bigint, p_at timestamptz, OUT slices boon.slice[]) LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint := p_back - p.taken - p.owed - p.let_go;
  part bigint;
  reached record;
  k boon.takings;
BEGIN
  slices := '{}';
  IF wanted > 0 THEN
    reached := boon.reach_credits(p.account_id, p.lot_id, wanted, p, NULL, p_at);
    slices := reached.returned;
    p.taken := p.taken + reached.taken; wanted := wanted - reached.taken;
    part := least(boon.expired_of(p.lot_id) - p.let_go, wanted);
    p.let_go := p.let_go + part; wanted := wanted - part;
    IF wanted > 0 THEN
      p.owed := p.owed + wanted;
      PERFORM boon.incur_debt(p.account_id, wanted, p.id, p_at);
    END IF;
  ELSIF wanted < 0 THEN
    part := least(-wanted, p.owed);
    IF part > 0 THEN
      p.owed := p.owed - part; wanted := wanted + part;
      slices := boon.owe_less(p, part, p_at);
    END IF;
    part := least(-wanted, p.let_go);
    p.let_go := p.let_go - part; wanted := wanted + part;
    p.taken := p.taken + wanted;
    FOR k IN SELECT * FROM boon.takings x WHERE x.account_id = p.account_id AND x.purchase_id = p.id AND x.given_back < x.amount ORDER BY x.seq DESC LOOP
      EXIT WHEN wanted = 0;
      part := least(-wanted, k.amount - k.given_back);
      slices := slices || (boon.give_back(k, part, p.policy_version, p.id, p_at), part)::boon.slice;
      wanted := wanted + part;
    END LOOP;
  END IF;
END $$;

-- Of resets, as many as money went back for any part of: rounded up, for half a reset cannot be taken. Of credits see boon.share.
CREATE FUNCTION boon.share_of_resets(p_whole int, p_paid bigint, p_back bigint) RETURNS int LANGUAGE sql IMMUTABLE
  RETURN div(p_whole::numeric * least(p_back, p_paid) + p_paid - 1, p_paid)::int;

-- Brings what the account has of a paid purchase in line with the money that has gone back. The caller has locked the purchase,
-- and before it by boon.lock_for_refund the account and the open gifts that hold some of it.
CREATE OR REPLACE FUNCTION boon.settle_purchase(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  back bigint := boon.money_back(p);
  settled record;
BEGIN
  IF p.paid_at IS NULL THEN RETURN p; END IF;
  IF p.resets > 0 THEN
    p := boon.settle_resets(p, boon.share_of_resets(p.resets, p.paid, back), p_at);
  ELSE
    settled := boon.settle_credits(p, boon.share(p.credits, p.paid, back), p_at);
    p := settled.p;
  END IF;
  p.status := CASE WHEN boon.money_refunded(p) + boon.money_disputed(p) >= p.paid THEN 'refunded' ELSE 'paid' END;
  UPDATE boon.purchases x SET status = p.status, taken = p.taken, owed = p.owed, let_go = p.let_go,
    resets_taken = p.resets_taken, resets_kept = p.resets_kept WHERE x.id = p.id;
  IF p.credits > 0 THEN
    PERFORM boon.credits_came(p.account_id, settled.slices, p.id, p_at);
    SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id;
  END IF;
  RETURN p;
END $$;

-- The most money that can still go back without reaching what was spent, and that takes something with it: what it stands for
-- has gone already, is in the lot or the bank, or waits in an open gift. Credits that have expired unspent are no hindrance, and
-- resets neither.
CREATE OR REPLACE FUNCTION boon.refundable_unspent(p boon.purchases) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  back bigint := boon.money_back(p);
  there bigint;
  most bigint;
BEGIN
  IF p.resets > 0 THEN
    SELECT greatest(p.resets_taken + p.resets_kept, p.resets - count(*)) INTO there FROM boon.last_resets(p.account_id, 'purchase', p.id) r
      WHERE r.status IN ('redeemed', 'given');
    RETURN greatest(div(there::numeric * p.paid, p.resets)::bigint - back, 0);
  END IF;
  there := p.taken + p.owed + boon.expired_of(p.lot_id)
    + (SELECT sum(l.remaining) FROM boon.lots l WHERE l.id IN (SELECT boon.lot_family(p.lot_id)))
    + coalesce((SELECT -sum(e.amount) FROM boon.gifts_that_hold(p.account_id, ARRAY(SELECT boon.lot_family(p.lot_id)), '{}') g
        JOIN boon.entries e ON e.transfer = g.transfer WHERE e.lot_id IN (SELECT boon.lot_family(p.lot_id))), 0);
  most := least(p.paid, div((least(there, p.credits)::numeric + 1) * p.paid - 1, p.credits)::bigint);
  RETURN CASE WHEN most > back AND boon.share(p.credits, p.paid, most) > boon.share(p.credits, p.paid, back) THEN most - back ELSE 0 END;
END $$;

-- Takes an array of refunds to be; answers each by its `i`: {refund} or {code, detail, errors}.
CREATE OR REPLACE FUNCTION boon.begin_refunds(p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.refund_request;
  p boon.purchases;
  before boon.purchases;
  f boon.refunds;
  left_over bigint;
  unspent bigint;
  wanted bigint;
  purchases text[] := ARRAY(SELECT q.purchase_id FROM json_populate_recordset(NULL::boon.refund_request, p_requests) q);
BEGIN
  PERFORM boon.lock_with_gifts(purchases, '{}', ARRAY(SELECT x.account_id FROM boon.purchases x WHERE x.id = ANY (purchases)));
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.refund_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      -- As it stands now.
      IF result ? 'refund' THEN
        result := jsonb_build_object('refund', (SELECT boon.refund_view(x) FROM boon.refunds x WHERE x.id = result #>> '{refund,id}'));
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO p FROM boon.purchases x WHERE x.id = r.purchase_id FOR UPDATE;
    left_over := p.paid - boon.money_back(p);
    wanted := coalesce(r.amount, left_over);
    IF p.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no purchase "%s".', r.purchase_id));
    ELSIF p.paid_at IS NULL THEN
      result := jsonb_build_object('code', 'not_paid', 'detail', format('The purchase is %s.', p.status));
    ELSIF left_over <= 0 THEN
      result := jsonb_build_object('code', 'over_refund', 'detail', 'All of its money has gone back, or is about to.');
    ELSIF wanted > left_over THEN
      result := jsonb_build_object('code', 'over_refund', 'detail', format('Of its money %s %s are left to refund.', left_over, p.currency),
        'errors', jsonb_build_array(jsonb_build_object('path', 'amount', 'message', format('must be at most %s', left_over))));
    ELSIF NOT coalesce(r.include_spent, false) THEN
      unspent := boon.refundable_unspent(p);
      IF wanted > unspent THEN
        result := jsonb_build_object('code', 'already_spent',
          'detail', CASE WHEN unspent = 0 THEN 'What was bought is spent: no money can go back for the rest.'
            ELSE format('Part of what was bought is spent: %s %s can go back for the rest.', unspent, p.currency) END,
          'errors', jsonb_build_array(jsonb_build_object('path', 'amount', 'message', CASE WHEN unspent = 0 THEN 'needs include_spent true'
            ELSE format('must be at most %s, or include_spent true', unspent) END)));
      END IF;
    END IF;
    IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;
    INSERT INTO boon.refunds (id, purchase_id, status, amount, reason, asked_by, created_at)
      VALUES (r.id, p.id, 'pending', wanted, r.reason, r.asked_by, r.at);
    before := p;
    p := boon.settle_purchase(p, r.at);
    UPDATE boon.refunds x SET taken = p.taken - before.taken, owed = greatest(p.owed - before.owed, 0), resets_taken = p.resets_taken - before.resets_taken
      WHERE x.id = r.id RETURNING * INTO f;
    PERFORM boon.note_refund_movement(f, 'requested', NULL, r.at);
    PERFORM boon.heed_top_up(p, 'refunded', r.at);
    result := jsonb_build_object('refund', boon.refund_view(f));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;
