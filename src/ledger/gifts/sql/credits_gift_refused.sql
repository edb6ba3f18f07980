-- What is given: an amount, out of lots of a payer, of which so much is usable and so much of that giftable.
CREATE TYPE boon_code.credits_given AS (amount bigint, payer_id text, usable bigint, giftable bigint);

-- Why a sender may not give these credits to this recipient; null where they may.
CREATE FUNCTION boon_code.credits_gift_refused(p boon.policies, f boon_code.gift_parties, used boon.gift_usage, g boon_code.credits_given)
RETURNS boon_code.gift_refusal LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    boon_code.gift_refused(p, f),
    boon_code.refuse_gift(g.amount < p.min_amount,
      'gift_limit_exceeded', 'below_least', format('The least one gift may be is %s credits.', boon_code.credits(p.min_amount))),
    boon_code.refuse_gift(g.amount > p.max_amount,
      'gift_limit_exceeded', 'above_most', format('The most one gift may be is %s credits.', boon_code.credits(p.max_amount))),
    boon_code.refuse_gift(boon_code.lacks_room(f.recipient_id, g.amount),
      'recipient_ineligible', 'account_full',
      'The recipient''s account cannot take so many credits: it has had nearly as many as the ledger counts of one account.'),
    boon_code.limit_refused(p, used, g.payer_id, g.amount),
    boon_code.refuse_gift(g.giftable < g.amount AND g.usable >= g.amount,
      'not_giftable', NULL, format('%s credits are available, of which %s may be given away.',
        boon_code.credits(g.usable), boon_code.credits(g.giftable))),
    boon_code.refuse_gift(g.giftable < g.amount AND g.payer_id = 'boon:promotional',
      'insufficient_credits', 'budget_used_up', 'The operator''s budget for gifts is used up.'),
    boon_code.refuse_gift(g.giftable < g.amount,
      'insufficient_credits', NULL, format('%s credits are available; the gift needs %s.',
        boon_code.credits(g.usable), boon_code.credits(g.amount))))
$$;
