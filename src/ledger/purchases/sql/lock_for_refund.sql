-- For whoever is to call boon.settle_purchase: locks what it may change, the account last.
CREATE FUNCTION boon_code.lock_for_refund(p_account text, p_purchase text) RETURNS void LANGUAGE sql AS $$
  SELECT boon_code.lock_with_gifts(ARRAY[p_purchase], '{}', ARRAY[p_account])
$$;
