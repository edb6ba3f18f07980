-- Whether a lot of a purse may pay for a product at a moment, if it was there by p_granted_by. Stable as its cast is, else
-- it is not inlined.
CREATE FUNCTION boon_code.may_pay(p boon_code.purse, k int, p_product text, p_at timestamptz, p_granted_by timestamptz) RETURNS boolean LANGUAGE sql STABLE
  RETURN (p).lot_left[k] > 0 AND ((p).lot_expires[k] IS NULL OR (p).lot_expires[k] > p_at) AND ((p).lot_granted IS NULL OR (p).lot_granted[k] <= p_granted_by)
    AND ((p).lot_products[k] IS NULL OR p_product = ANY ((p).lot_products[k]::text[]));
