-- The same for a page of many, whose caller needs to know only which of them are still open.
CREATE FUNCTION boon_code.advance_gift_page(p_ids text[], p_at timestamptz[])
RETURNS TABLE (id text, status boon.gift_status, deadline timestamptz) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM boon_code.move_gifts(p_ids, p_at);
  RETURN QUERY SELECT x.id, x.status, x.deadline FROM boon.gifts x WHERE x.id = ANY (p_ids);
END $$;
