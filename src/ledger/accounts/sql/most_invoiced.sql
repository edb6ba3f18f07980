-- The most micro-credits that can be invoiced for one month, so that its sum is a number that every reader of JSON knows exactly.
CREATE FUNCTION boon_code.most_invoiced(p_policy text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT least(boon_code.most_credits(), div(9007199254740991::numeric * 100000000, max(r.hundred_credits)))::bigint - 1
  FROM boon.invoice_rules r WHERE r.version = p_policy OR p_policy IS NULL
$$;
