-- Judge: why credits do not pay what is wanted of them; null where they do. The first that holds, in this order:
--
-- | reason              | where |
-- | not_paid_by_credits | on this plan credits do not pay for the product |
-- | credits_off         | the account has switched them off |
-- |                     | too little may be paid within the limits, and |
-- | no_credits          | - nobody is invoiced, and without the limits it would be too little, too |
-- | member_limit        | - the member's limit leaves too little |
-- | invoice_ceiling     | - an organisation is invoiced |
-- | spending_limit      | - otherwise |
-- | credits_on_request  | the account wants to be asked first, and was not |
--
-- `p_payable` is what may be paid within all limits: null, it has not been looked at, and nothing that depends on it holds.
CREATE FUNCTION boon_code.why_not_credits(p_product text, p_products text[], p_switch boon.credit_switch, p_agreed boolean, p_wanted bigint,
  p_payable bigint, p_all_of_it bigint, p_member_room bigint, p_invoiced boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN NOT p_product = ANY (p_products) THEN 'not_paid_by_credits'
    WHEN p_switch = 'off' THEN 'credits_off'
    WHEN p_payable < p_wanted AND NOT p_invoiced AND p_all_of_it < p_wanted THEN 'no_credits'
    WHEN p_payable < p_wanted AND p_member_room < p_wanted THEN 'member_limit'
    WHEN p_payable < p_wanted AND p_invoiced THEN 'invoice_ceiling'
    WHEN p_payable < p_wanted THEN 'spending_limit'
    WHEN p_switch = 'ask' AND p_agreed IS NOT TRUE THEN 'credits_on_request' END
$$;
