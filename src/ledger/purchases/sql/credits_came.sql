-- What every path calls that has filled lots of an account. Credits of a purchase whose money went back, and which were owed
-- because they were gone, are taken now; what else has come pays the debt. The caller has locked the account, and reads a
-- purchase of it anew.
CREATE FUNCTION boon_code.credits_came(p_account text, p_slices boon_code.slice[], p_reference text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  slices boon_code.slice[] := p_slices;
  n int := 1;
  p boon.purchases;
  part bigint;
BEGIN
  -- No row: it has never owed anything.
  IF NOT EXISTS (SELECT FROM boon.debts d WHERE d.account_id = p_account) THEN RETURN; END IF;
  WHILE n <= cardinality(slices) LOOP
    SELECT * INTO p FROM boon.purchases x WHERE x.lot_id = boon_code.first_lot((slices[n]).lot_id) AND x.owed > 0;
    IF FOUND THEN
      SELECT least(p.owed, (slices[n]).amount, l.remaining) INTO part FROM boon.lots l WHERE l.id = (slices[n]).lot_id;
      IF part > 0 THEN
        PERFORM boon_code.take_for_purchase(p, (slices[n]).lot_id, part, p_at);
        UPDATE boon.purchases x SET owed = x.owed - part, taken = x.taken + part WHERE x.id = p.id;
        slices := slices || boon_code.owe_less(p, part, p_at);
      END IF;
    END IF;
    n := n + 1;
  END LOOP;
  PERFORM boon_code.pay_debt(p_account, slices, p_reference, p_at);
END $$;
