-- Credits: what is left of the lot is taken; what has expired unspent is let go; what was spent is owed. When money
-- comes back (a dispute that was won) the same goes the other way: first the debt ends, then the lot is filled again.
CREATE FUNCTION boon_code.settle_credits(INOUT p boon.purchases, p_back bigint, p_at timestamptz, OUT slices boon_code.slice[]) LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint := p_back - p.taken - p.owed - p.let_go;
  part bigint;
  reached record;
  k boon.takings;
BEGIN
  slices := '{}';
  IF wanted > 0 THEN
    reached := boon_code.reach_credits(p.account_id, p.lot_id, wanted, p, NULL, p_at);
    slices := reached.returned;
    p.taken := p.taken + reached.taken; wanted := wanted - reached.taken;
    part := least(boon_code.expired_of(p.lot_id) - p.let_go, wanted);
    p.let_go := p.let_go + part; wanted := wanted - part;
    IF wanted > 0 THEN
      p.owed := p.owed + wanted;
      PERFORM boon_code.incur_debt(p.account_id, wanted, p.id, p_at);
    END IF;
  ELSIF wanted < 0 THEN
    part := least(-wanted, p.owed);
    IF part > 0 THEN
      p.owed := p.owed - part; wanted := wanted + part;
      slices := boon_code.owe_less(p, part, p_at);
    END IF;
    part := least(-wanted, p.let_go);
    p.let_go := p.let_go - part; wanted := wanted + part;
    p.taken := p.taken + wanted;
    FOR k IN SELECT * FROM boon.takings x WHERE x.account_id = p.account_id AND x.purchase_id = p.id AND x.given_back < x.amount ORDER BY x.seq DESC LOOP
      EXIT WHEN wanted = 0;
      part := least(-wanted, k.amount - k.given_back);
      slices := slices || (boon_code.give_back(k, part, p.policy_version, p.id, p_at), part)::boon_code.slice;
      wanted := wanted + part;
    END LOOP;
  END IF;
END $$;
