-- How much of what a lot let go pays for nothing any more: what money was given back for, at least, or all of a reward that was taken
-- back. A purchase says so of its lot and of those that go on from it, the first first.
CREATE FUNCTION boon_code.let_go_for_good(l boon.lots) RETURNS bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE came_from AS (
    SELECT l.id, l.continues
    UNION ALL
    SELECT o.id, o.continues FROM came_from c JOIN boon.lots o ON o.id = c.continues
  ), bought AS (
    SELECT p.lot_id, sum(p.let_go) AS let_go FROM boon.purchases p WHERE p.account_id = l.account_id AND p.lot_id IN (SELECT c.id FROM came_from c) AND p.let_go > 0 GROUP BY 1
  )
  SELECT CASE l.source
    WHEN 'purchased' THEN greatest(coalesce((SELECT sum(b.let_go - (SELECT coalesce(-sum(e.amount), 0) FROM boon.entries e
      WHERE e.kind = 'expired' AND e.account_id = l.account_id AND e.lot_id IN (SELECT f FROM boon_code.lot_family(b.lot_id) f WHERE f < l.id))) FROM bought b), 0), 0)::bigint
    WHEN 'earned' THEN CASE WHEN EXISTS (
      SELECT FROM boon.referral_rewards w WHERE w.account_id = l.account_id AND w.resets_back IS NOT NULL AND w.lot_id IN (SELECT c.id FROM came_from c))
      THEN l.granted ELSE 0 END
    ELSE 0 END
$$;
