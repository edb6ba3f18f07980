-- The open gifts of an account that hold some of these lots, or one of these resets.
CREATE FUNCTION boon_code.gifts_that_hold(p_account text, p_lots bigint[], p_resets bigint[]) RETURNS SETOF boon.gifts LANGUAGE sql STABLE AS $$
  SELECT g.* FROM boon.gifts g
  WHERE g.sender_id = p_account AND g.deadline IS NOT NULL AND CASE WHEN g.reset_id IS NOT NULL THEN g.reset_id = ANY (p_resets)
    ELSE g.payer_id = p_account AND EXISTS (SELECT FROM boon.entries e WHERE e.transfer = g.transfer AND e.lot_id = ANY (p_lots)) END
$$;
