-- How much of p_most a purse can pay for a product: out of lots that may, and unless p_limited is false within the limits.
CREATE FUNCTION boon_code.payable(p boon_code.purse, p_product text, p_at timestamptz, p_granted_by timestamptz, p_most bigint, p_limited boolean)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  most bigint := p_most;
  found bigint := 0;
BEGIN
  IF p_limited THEN
    most := greatest(least(p_most, p.spending_limit - p.spent, p.member_limit - p.member_spent), 0);
  END IF;
  FOR k IN 1..coalesce(cardinality(p.lot_ids), 0) LOOP
    EXIT WHEN found >= most;
    IF boon_code.may_pay(p, k, p_product, p_at, p_granted_by) THEN found := found + p.lot_left[k]; END IF;
  END LOOP;
  RETURN least(found, most);
END $$;

CREATE FUNCTION boon_code.payable(p boon_code.purse, p_product text, p_at timestamptz, p_most bigint, p_limited boolean) RETURNS bigint LANGUAGE sql STABLE
  RETURN boon_code.payable(p, p_product, p_at, 'infinity'::timestamptz, p_most, p_limited);
