-- What a lot has let go at its expiry, if that was after p_since, but for what money was given back for. What it had let go
-- before it had more time is not in it: boon.lot_rooms tells of that.
CREATE FUNCTION boon_code.let_go(l boon.lots, p_since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(coalesce((SELECT -sum(e.amount) FROM boon.entries e
      WHERE e.lot_id = l.id AND e.kind = 'expired' AND e.effective_at > p_since AND e.effective_at = l.expires_at), 0)
    - boon_code.let_go_for_good(l), 0)::bigint
$$;
