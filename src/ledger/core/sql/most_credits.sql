-- The most micro-credits that grants, gifts, purchases and campaigns bring to one account, all those that it ever had together. What
-- nobody can refuse any more has the same again: rewards, payments, restored and returned credits, gifts that were taken before.
CREATE FUNCTION boon_code.most_credits() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 4000000000000000000;
