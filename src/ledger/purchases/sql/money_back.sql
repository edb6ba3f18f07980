-- What has gone back of a purchase's money, or is about to.
CREATE FUNCTION boon_code.money_back(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE
  RETURN boon_code.money_refunded(p) + boon_code.money_refunding(p) + boon_code.money_disputed(p);
