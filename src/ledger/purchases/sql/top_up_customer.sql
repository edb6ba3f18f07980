-- The provider's customer whose card a top-up charges: null without its owner's consent to just this package at this price.
CREATE FUNCTION boon_code.top_up_customer(p_purchase text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT c.customer_id FROM boon.purchases p JOIN boon.top_ups t ON t.account_id = p.account_id JOIN boon.payment_customers c ON c.account_id = p.account_id
  WHERE p.id = p_purchase AND (t.package, t.credits, t.price, t.currency) = (p.package, p.credits, p.price, p.currency)
$$;
