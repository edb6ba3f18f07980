-- Of a purchase p_part is owed no longer: its money came back, or its credits did. First the debt ends; what has been paid of it
-- goes back to the lots that paid, the latest payment first. Returns what went where. The caller has locked the account.
CREATE FUNCTION boon_code.owe_less(p boon.purchases, p_part bigint, p_at timestamptz) RETURNS boon_code.slice[] LANGUAGE plpgsql AS $$
DECLARE
  ended bigint;
  back bigint;
  k boon.takings;
  part bigint;
  slices boon_code.slice[] := '{}';
BEGIN
  SELECT least(p_part, coalesce(sum(d.amount), 0)) INTO ended FROM boon.debts d WHERE d.account_id = p.account_id;
  back := p_part - ended;
  UPDATE boon.debts d SET amount = d.amount - ended WHERE d.account_id = p.account_id;
  INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at)
    SELECT p.account_id, v.kind, v.amount, p.id, p_at FROM (VALUES ('canceled'::boon.debt_movement, ended), ('returned', back)) v (kind, amount) WHERE v.amount > 0;
  FOR k IN SELECT * FROM boon.takings x WHERE x.account_id = p.account_id AND x.movement IS NOT NULL AND x.given_back < x.amount ORDER BY x.seq DESC LOOP
    EXIT WHEN back = 0;
    part := least(back, k.amount - k.given_back);
    slices := slices || (boon_code.give_back(k, part, p.policy_version, p.id, p_at), part)::boon_code.slice;
    back := back - part;
  END LOOP;
  RETURN slices;
END $$;
