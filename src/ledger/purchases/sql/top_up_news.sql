-- What is to be told of the block of a top-up, in a word that is the same until the block is another: once a month of the cap, once a
-- pause. Null where there is nothing to tell: a frozen account is not the top-up's news, and one under way shows what happens to it.
CREATE FUNCTION boon_code.top_up_news(p_policy text, t boon.top_ups, p_at timestamptz, OUT told text, OUT reason text, OUT until timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT b.reason, b.until INTO reason, until FROM boon_code.top_up_block(p_policy, t, p_at) b;
  told := CASE reason WHEN 'account_frozen' THEN NULL WHEN 'price_changed' THEN reason
    ELSE reason || coalesce(' ' || extract(epoch FROM until)::bigint, '') END;
  IF told IS NOT DISTINCT FROM t.told OR NOT boon_code.top_up_is_wanted(t, p_at)
    OR EXISTS (SELECT FROM boon.purchases x WHERE x.account_id = t.account_id AND x.kind = 'top_up' AND x.status = 'open') THEN told := NULL; END IF;
END $$;
