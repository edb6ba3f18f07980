-- Takes ids of referrals, each once, and the time of each; gives the rewards that are due, in the order in which the
-- friends qualified; returns all. One that qualifies only now is left alone: its accounts are not locked. Whatever else is due to the
-- same referrers comes with them, so that nobody gets before a friend who qualified earlier.
CREATE FUNCTION boon_code.reward_referrals(p_ids text[], p_ats timestamptz[]) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  ids text[];
  ats timestamptz[];
  qualified text[];
  due record;
BEGIN
  SELECT array_agg(y.id), array_agg(y.at) INTO ids, ats FROM (
    SELECT z.id, max(z.at) AS at FROM (
      SELECT * FROM unnest(p_ids, p_ats) asked (id, at)
      UNION ALL
      SELECT o.id, asked.at FROM unnest(p_ids, p_ats) asked (id, at) JOIN boon.referrals x ON x.id = asked.id
      JOIN boon.referrals o ON o.referrer_id = x.referrer_id AND o.program = x.program
      WHERE x.status = 'qualified' AND (x.deferred_until IS NULL OR x.deferred_until <= asked.at) AND o.status = 'qualified' AND o.deadline <= asked.at) z
    GROUP BY z.id) y;
  qualified := ARRAY(SELECT x.id FROM boon.referrals x WHERE x.id = ANY (ids) AND x.status = 'qualified');
  PERFORM FROM boon.ledger_accounts a WHERE a.id IN (
    SELECT v.id FROM boon.referrals x CROSS JOIN LATERAL (VALUES (x.referrer_id), (x.friend_id)) v (id)
    WHERE x.id = ANY (qualified)) ORDER BY a.id FOR UPDATE;
  PERFORM FROM boon.referrals x WHERE x.id = ANY (qualified) ORDER BY x.id FOR UPDATE;
  FOR due IN
    SELECT x AS referral, y.at FROM unnest(ids, ats) y (id, at) JOIN boon.referrals x ON x.id = y.id
    WHERE x.id = ANY (qualified) AND x.status = 'qualified' AND (x.deferred_until IS NULL OR x.deferred_until <= y.at)
    ORDER BY x.qualified_at, x.id
  LOOP
    PERFORM boon_code.reward_referral(due.referral, greatest(due.at, (due.referral).qualified_at));
  END LOOP;
  RETURN QUERY SELECT boon_code.referral_view(x) FROM boon.referrals x WHERE x.id = ANY (p_ids);
END $$;
