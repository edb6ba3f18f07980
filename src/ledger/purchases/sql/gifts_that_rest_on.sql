-- The ids of the open gifts that rest on these purchases and on the rewards of these referrals. Every word of a payment asks for
-- them: to plan it anew took longer than all the rest.
CREATE FUNCTION boon_code.gifts_that_rest_on(p_purchases text[], p_referrals text[]) RETURNS SETOF text LANGUAGE sql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT g.id FROM boon.purchases p CROSS JOIN LATERAL boon_code.gifts_that_hold(p.account_id, ARRAY(SELECT boon_code.lot_family(p.lot_id)),
    ARRAY(SELECT r.id FROM boon_code.last_resets(p.account_id, 'purchase', p.id) r WHERE r.status = 'held')) g
  WHERE p.id = ANY (p_purchases) AND p.paid_at IS NOT NULL
  UNION
  SELECT g.id FROM boon.referral_rewards w CROSS JOIN LATERAL boon_code.gifts_that_hold(w.account_id, ARRAY(SELECT boon_code.lot_family(w.lot_id)),
    ARRAY(SELECT r.id FROM boon_code.last_resets(w.account_id, 'referral', w.referral_id) r WHERE r.status = 'held')) g
  WHERE w.referral_id = ANY (p_referrals)
$$;
