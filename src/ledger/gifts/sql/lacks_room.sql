-- Whether an account cannot take a gift beside those that are on their way to it. Only gifts of a million credits and more are
-- looked at: of smaller ones no account can have so many open that they matter.
CREATE FUNCTION boon_code.lacks_room(p_account text, p_amount bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p_amount >= 1000000000000 AND NOT boon_code.takes_gift(p_account, p_amount)
$$;
