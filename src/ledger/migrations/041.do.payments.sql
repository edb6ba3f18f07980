-- What payments bring and what refunds and chargebacks take back. The provider's messages come repeated, in any order
-- and at the same time: each is told as a state (paid; so much has gone back; this dispute is won), never as a step, so
-- hearing it again, or an older one after a newer, changes nothing.

-- Credits out of an account's lot to boon:issuance. The caller has locked the account.
CREATE FUNCTION boon.take_from_lot(p_lot bigint, p_amount bigint, p_transfer boon.transfer_kind, p_entry boon.entry_kind, p_reference text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Back into the lot that they came out of; one that has expired meanwhile lives on for the policy's time of grace.
CREATE FUNCTION boon.put_back_into_lot(p_lot bigint, p_amount bigint, p_policy text, p_reference text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owner text;
  available bigint;
  moved bigint;
  grace interval := (SELECT x.returned_valid_for FROM boon.policies x WHERE x.version = p_policy);
BEGIN
  UPDATE boon.lots l SET remaining = l.remaining + p_amount, expires_at = CASE WHEN l.expires_at <= p_at THEN p_at + grace ELSE l.expires_at END
    WHERE l.id = p_lot RETURNING l.account_id INTO STRICT owner;
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p_amount WHERE a.id = owner
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'restoration', 'boon:issuance', owner, p_amount, p_reference, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.entries VALUES (moved, 1, owner, p_lot, 'restored', p_amount, available, p_reference, p_at);
END $$;

-- Gives what was bought; of credits the account's debt is paid first. The caller has locked account and purchase.
CREATE FUNCTION boon.deliver(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  valid_for interval := (SELECT x.credits_valid_for FROM boon.purchase_rules x WHERE x.version = p.policy_version);
  available bigint;
  moved bigint;
  debt bigint;
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
  SELECT least(d.amount, p.credits) INTO debt FROM boon.debts d WHERE d.account_id = p.account_id;
  IF debt > 0 THEN
    PERFORM boon.take_from_lot(p.lot_id, debt, 'debt', 'debt_paid', p.id, p_at);
    UPDATE boon.debts d SET amount = d.amount - debt WHERE d.account_id = p.account_id;
    INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at) VALUES (p.account_id, 'paid', debt, p.id, p_at);
  END IF;
  RETURN p;
END $$;

-- Resets: those still in the bank are revoked; those that were used or given stay gone, and are not owed.
CREATE FUNCTION boon.settle_resets(p boon.purchases, p_back int, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  wanted int := p_back - p.resets_taken - p.resets_kept;
  done int;
BEGIN
  IF wanted > 0 THEN
    WITH gone AS (
      UPDATE boon.resets x SET status = 'revoked'
      WHERE x.id IN (SELECT y.id FROM boon.resets y WHERE y.account_id = p.account_id AND y.source = 'purchase' AND y.reference = p.id
                       AND y.status = 'available' AND y.expires_at > p_at ORDER BY y.id LIMIT wanted)
      RETURNING x.id
    ), moved AS (
      INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
      SELECT g.id, p.account_id, 'revoked', p.id, p_at FROM gone g ORDER BY g.id
    ), event AS (
      INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      SELECT 'reset.revoked', g.id::text, ARRAY[p.account_id], jsonb_build_object('reset_id', g.id::text, 'reference', p.id), p_at FROM gone g ORDER BY g.id
    )
    SELECT count(*) INTO done FROM gone;
    p.resets_taken := p.resets_taken + done; p.resets_kept := p.resets_kept + wanted - done;
  ELSIF wanted < 0 THEN
    done := least(-wanted, p.resets_kept);
    p.resets_kept := p.resets_kept - done;
    IF -wanted > done THEN
      PERFORM boon.bank_resets(p.policy_version, p.account_id, -wanted - done, 'purchase', p.package, p.id, p_at);
      p.resets_taken := p.resets_taken + wanted + done;
    END IF;
  END IF;
  RETURN p;
END $$;

-- Credits: what is left of the lot is taken; what has expired unspent is let go; what was spent is owed. When money
-- comes back (a dispute that was won) the same goes the other way: first the debt ends, then the lot is filled again.
CREATE FUNCTION boon.settle_credits(p boon.purchases, p_back bigint, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint := p_back - p.taken - p.owed - p.let_go;
  part bigint;
  ended bigint;
  refill bigint := 0;
BEGIN
  IF wanted > 0 THEN
    -- What has expired is not left, whether or not that has been posted yet.
    PERFORM boon.post_expiry(ARRAY[p.lot_id], p_at);
    SELECT least(l.remaining, wanted) INTO STRICT part FROM boon.lots l WHERE l.id = p.lot_id;
    IF part > 0 THEN PERFORM boon.take_from_lot(p.lot_id, part, 'refund', 'refunded', p.id, p_at); END IF;
    p.taken := p.taken + part; wanted := wanted - part;
    SELECT least(coalesce(-sum(e.amount), 0) - p.let_go, wanted) INTO part FROM boon.entries e
      JOIN boon.transfers t ON t.seq = e.transfer AND t.kind = 'expiry' WHERE e.account_id = p.account_id AND e.lot_id = p.lot_id;
    p.let_go := p.let_go + part; wanted := wanted - part;
    IF wanted > 0 THEN
      p.owed := p.owed + wanted;
      INSERT INTO boon.debts AS d VALUES (p.account_id, wanted) ON CONFLICT (account_id) DO UPDATE SET amount = d.amount + excluded.amount;
      INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at) VALUES (p.account_id, 'incurred', wanted, p.id, p_at);
    END IF;
  ELSIF wanted < 0 THEN
    part := least(-wanted, p.owed);
    IF part > 0 THEN
      SELECT least(part, d.amount) INTO STRICT ended FROM boon.debts d WHERE d.account_id = p.account_id;
      refill := part - ended;
      p.owed := p.owed - part; wanted := wanted + part;
      UPDATE boon.debts d SET amount = d.amount - ended WHERE d.account_id = p.account_id;
      INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at)
        SELECT p.account_id, k, m, p.id, p_at FROM (VALUES ('canceled'::boon.debt_movement, ended), ('returned', refill)) v (k, m) WHERE m > 0;
    END IF;
    part := least(-wanted, p.let_go);
    p.let_go := p.let_go - part; wanted := wanted + part;
    p.taken := p.taken + wanted; refill := refill - wanted;
    IF refill > 0 THEN PERFORM boon.put_back_into_lot(p.lot_id, refill, p.policy_version, p.id, p_at); END IF;
  END IF;
  RETURN p;
END $$;

-- Of a sum of credits or resets, as much as money went back; all of it when all of the money did. Rounded down.
CREATE FUNCTION boon.share(p_whole bigint, p_paid bigint, p_back bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN div(p_whole::numeric * least(p_back, p_paid), p_paid)::bigint;

-- What has gone back of a purchase's money, or is about to.
CREATE FUNCTION boon.money_back(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE
  RETURN boon.money_refunded(p) + boon.money_refunding(p) + boon.money_disputed(p);

-- The provider's total counts Boon's own refunds too, whether Boon knows that they are made or not: only what is beyond
-- them was refunded elsewhere. A refund that was refused was never in it.
CREATE FUNCTION boon.refunded_elsewhere(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(p.elsewhere, p.refunded - coalesce((
    SELECT sum(r.amount) FROM boon.refunds r WHERE r.purchase_id = p.id AND (r.status <> 'failed' OR r.provider_id IS NOT NULL)), 0)::bigint)
$$;

-- Brings what the account has of a paid purchase in line with the money that has gone back. The caller has locked both.
CREATE FUNCTION boon.settle_purchase(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  back bigint := boon.money_back(p);
BEGIN
  IF p.paid_at IS NULL THEN RETURN p; END IF;
  IF p.resets > 0 THEN
    p := boon.settle_resets(p, boon.share(p.resets, p.paid, back)::int, p_at);
  ELSE
    p := boon.settle_credits(p, boon.share(p.credits, p.paid, back), p_at);
  END IF;
  p.status := CASE WHEN boon.money_refunded(p) + boon.money_disputed(p) >= p.paid THEN 'refunded' ELSE 'paid' END;
  UPDATE boon.purchases x SET status = p.status, taken = p.taken, owed = p.owed, let_go = p.let_go,
    resets_taken = p.resets_taken, resets_kept = p.resets_kept WHERE x.id = p.id;
  RETURN p;
END $$;

-- What the provider says of a payment, or the process of it. Returns the purchase and whether anything changed; null when
-- there is no such purchase.
--   {said: paid, payment_id, amount?, customer_id?}      {said: expired or failed, reason_code?}
--   {said: refunded, amount (all that has gone back)}     {said: disputed, dispute_id, amount, status}
-- and each with `purchase_id` or `payment_id`, `event?` and `at`.
CREATE FUNCTION boon.hear_of_payment(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.purchases;
  d boon.disputes;
  heard timestamptz := (m ->> 'at')::timestamptz;
  event text := m ->> 'event';
  money bigint := (m ->> 'amount')::bigint;
  said boon.dispute_status;
  changed boolean := false;
BEGIN
  SELECT * INTO p FROM boon.purchases x WHERE x.id = m ->> 'purchase_id';
  IF p.id IS NULL THEN SELECT * INTO p FROM boon.purchases x WHERE x.payment_id = m ->> 'payment_id'; END IF;
  IF p.id IS NULL THEN RETURN NULL; END IF;
  -- Its account never changes; accounts are locked before what is theirs.
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p.account_id FOR UPDATE;
  SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;

  IF m ->> 'said' = 'paid' AND p.paid_at IS NULL THEN
    changed := true;
    UPDATE boon.purchases x SET status = 'paid', paid_at = heard, ended_at = heard, reason_code = NULL, paid = coalesce(money, x.price),
      payment_id = coalesce(x.payment_id, m ->> 'payment_id') WHERE x.id = p.id RETURNING * INTO p;
    p := boon.deliver(p, heard);
    PERFORM boon.note_purchase(p, 'paid', p.paid, event, heard);
    IF p.save_card AND m ->> 'customer_id' IS NOT NULL THEN
      INSERT INTO boon.payment_customers VALUES (p.account_id, m ->> 'customer_id', heard)
        ON CONFLICT (account_id) DO UPDATE SET customer_id = excluded.customer_id, updated_at = excluded.updated_at;
    END IF;
  ELSIF m ->> 'said' IN ('expired', 'failed') AND p.status = 'open' THEN
    changed := true;
    UPDATE boon.purchases x SET status = (m ->> 'said')::boon.purchase_status, ended_at = heard, reason_code = m ->> 'reason_code'
      WHERE x.id = p.id RETURNING * INTO p;
    PERFORM boon.note_purchase(p, (m ->> 'said')::boon.purchase_movement, 0, event, heard);
  ELSIF m ->> 'said' = 'refunded' AND money > p.refunded THEN
    changed := true;
    p.refunded := money;
    UPDATE boon.purchases x SET refunded = money, elsewhere = boon.refunded_elsewhere(p) WHERE x.id = p.id RETURNING * INTO p;
  ELSIF m ->> 'said' = 'disputed' THEN
    said := (m ->> 'status')::boon.dispute_status;
    SELECT * INTO d FROM boon.disputes x WHERE x.id = m ->> 'dispute_id';
    -- What closed stays closed, whatever older message comes after it.
    IF d.id IS NULL OR (d.status = 'open' AND said <> 'open') THEN
      changed := true;
      INSERT INTO boon.disputes VALUES (m ->> 'dispute_id', p.id, money, said, heard, CASE WHEN said <> 'open' THEN heard END)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, closed_at = heard;
    END IF;
  END IF;

  IF changed AND m ->> 'said' IN ('paid', 'refunded', 'disputed') THEN
    p := boon.settle_purchase(p, heard);
    IF m ->> 'said' <> 'paid' THEN
      PERFORM boon.note_purchase(p, CASE WHEN m ->> 'said' = 'refunded' THEN 'refunded' WHEN said = 'open' THEN 'disputed'
                                         WHEN said = 'won' THEN 'dispute_won' ELSE 'dispute_lost' END::boon.purchase_movement, money, event, heard);
    END IF;
  END IF;
  IF changed THEN PERFORM boon.heed_top_up(p, m ->> 'said', heard); END IF;
  RETURN jsonb_build_object('purchase', boon.purchase_view(p), 'changed', changed);
END $$;
