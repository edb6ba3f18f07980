-- Whether an account can take a gift beside those that are on their way to it. Asked only of gifts of a million credits and more: of smaller
-- ones no account can have so many open that they matter.
CREATE FUNCTION boon_code.takes_gift(p_account text, p_amount bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p_account IS NULL OR p_amount + coalesce((
    SELECT sum(g.amount) FROM boon.gifts g WHERE g.recipient_id = p_account AND g.deadline IS NOT NULL), 0) <= boon_code.room_of(p_account)
$$;
