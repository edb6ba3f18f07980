-- Pays what an account owes out of credits that came in or back, those first that would burn first. `p_reference` is what
-- brought them. The caller has locked the account.
CREATE FUNCTION boon_code.pay_debt(p_account text, p_slices boon_code.slice[], p_reference text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
    moved := boon_code.take_from_lot(s.id, part, 'debt', 'debt_paid', p_reference, p_at);
    UPDATE boon.debts d SET amount = d.amount - part WHERE d.account_id = p_account;
    INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at) VALUES (p_account, 'paid', part, p_reference, p_at)
      RETURNING seq INTO noted;
    INSERT INTO boon.takings (transfer, account_id, lot_id, amount, movement) VALUES (moved, p_account, s.id, part, noted);
    owed := owed - part;
  END LOOP;
END $$;
