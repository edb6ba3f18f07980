-- The most money that can still go back without reaching what was spent, and that takes something with it: what it stands for
-- has gone already, is in the lot or the bank, or waits in an open gift. Credits that have expired unspent are no hindrance, and
-- resets neither.
CREATE FUNCTION boon_code.refundable_unspent(p boon.purchases) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  back bigint := boon_code.money_back(p);
  there bigint;
  most bigint;
BEGIN
  IF p.resets > 0 THEN
    SELECT greatest(p.resets_taken + p.resets_kept, p.resets - count(*)) INTO there FROM boon_code.last_resets(p.account_id, 'purchase', p.id) r
      WHERE r.status IN ('redeemed', 'given');
    RETURN greatest(div(there::numeric * p.paid, p.resets)::bigint - back, 0);
  END IF;
  there := p.taken + p.owed + boon_code.expired_of(p.lot_id)
    + (SELECT sum(l.remaining) FROM boon.lots l WHERE l.id IN (SELECT boon_code.lot_family(p.lot_id)))
    + coalesce((SELECT -sum(e.amount) FROM boon_code.gifts_that_hold(p.account_id, ARRAY(SELECT boon_code.lot_family(p.lot_id)), '{}') g
        JOIN boon.entries e ON e.transfer = g.transfer WHERE e.lot_id IN (SELECT boon_code.lot_family(p.lot_id))), 0);
  most := least(p.paid, div((least(there, p.credits)::numeric + 1) * p.paid - 1, p.credits)::bigint);
  RETURN CASE WHEN most > back AND boon_code.share(p.credits, p.paid, most) > boon_code.share(p.credits, p.paid, back) THEN most - back ELSE 0 END;
END $$;
