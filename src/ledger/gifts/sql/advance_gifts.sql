-- Moves gifts on to p_at and returns each as it is now, with its next deadline.
CREATE FUNCTION boon_code.advance_gifts(p_ids text[], p_at timestamptz[]) RETURNS SETOF jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM boon_code.move_gifts(p_ids, p_at);
  RETURN QUERY SELECT boon_code.gift_view(x) FROM boon.gifts x WHERE x.id = ANY (p_ids);
END $$;
