-- What micro-credits cost at a price of a hundred credits, rounded up to a whole coin. By `div`, since `/` may have too
-- few decimals for that.
CREATE FUNCTION boon_code.invoice_price(p_micro numeric, p_hundred_credits bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN div(p_micro * p_hundred_credits + 99999999, 100000000)::bigint;
