-- What could pay for each of some products at a moment, beyond the plan, by the rule that `use` follows; without products for those
-- that the plan lets credits pay for. `refused` is why not the least would be paid without being asked, `payable` what could be paid
-- by credits and be invoiced; `unlimited` where invoices go on without end. `member` is one whose organisation pays first. The
-- limit on spending is the member's on its organisation's credits, else the account's own. No row when there is no account.
CREATE FUNCTION boon_code.credit_means(p_policy text, p_account text, p_products text[], p_at timestamptz)
RETURNS TABLE (refused text, payable bigint, unlimited boolean, member boolean, spending_limit bigint, spent bigint, resets_at timestamptz, product text)
LANGUAGE sql STABLE AS $$
  SELECT
    CASE WHEN a.status <> 'active' THEN 'account_frozen'
         ELSE boon_code.why_not_credits(x.product, l.products, a.use_credits, false, 1, m.payable, c.all_of_it,
           (pool).member_limit - (pool).member_spent, (bill).org_id IS NOT NULL) END,
    m.payable, m.unlimited, o.id IS NOT NULL,
    CASE WHEN (pool).member_limit IS NOT NULL THEN (pool).member_limit ELSE (own).spending_limit END,
    CASE WHEN (pool).member_limit IS NOT NULL THEN (pool).member_spent ELSE (own).spent END,
    CASE WHEN (pool).member_limit IS NOT NULL THEN (pool).month_ends_at ELSE (own).month_ends_at END,
    x.product
  FROM boon.accounts a
  LEFT JOIN boon.plan_rules l ON l.version = p_policy AND l.plan = a.plan
  LEFT JOIN boon.accounts o ON o.id = a.org_id AND o.kind = 'organisation' AND o.status = 'active'
  CROSS JOIN LATERAL (SELECT CASE WHEN o.id IS NOT NULL THEN boon_code.open_bill(o.id, p_at) END AS bill OFFSET 0) b
  -- The purses are the same for every product.
  CROSS JOIN LATERAL (SELECT (SELECT x FROM boon_code.open_purse(a.id, a.id, NULL, p_at, NULL) x) AS own,
    CASE WHEN o.id IS NOT NULL THEN (SELECT x FROM boon_code.open_purse(o.id, a.id, a.pool_limit, p_at, (bill).month) x) END AS pool,
    1000000000000000::bigint AS most OFFSET 0) p
  CROSS JOIN LATERAL unnest(coalesce(p_products, l.products)) WITH ORDINALITY x (product, place)
  CROSS JOIN LATERAL (SELECT boon_code.payable(pool, x.product, p_at, most, true) AS from_pool, boon_code.payable(own, x.product, p_at, most, true) AS from_own,
    boon_code.payable(pool, x.product, p_at, most, false) + boon_code.payable(own, x.product, p_at, most, false) AS all_of_it OFFSET 0) c
  CROSS JOIN LATERAL (SELECT
    from_pool + from_own + CASE WHEN (bill).org_id IS NULL THEN 0
      ELSE greatest(least(most, (bill).ceiling - (bill).charged, (pool).member_limit - (pool).member_spent - from_pool), 0) END AS payable,
    (bill).org_id IS NOT NULL AND (bill).ceiling IS NULL AND (pool).member_limit IS NULL AS unlimited) m
  WHERE a.id = p_account ORDER BY x.place
$$;

-- The same for one product.
CREATE FUNCTION boon_code.credit_means(p_policy text, p_account text, p_product text, p_at timestamptz)
RETURNS TABLE (refused text, payable bigint, unlimited boolean, member boolean, spending_limit bigint, spent bigint, resets_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT m.refused, m.payable, m.unlimited, m.member, m.spending_limit, m.spent, m.resets_at
  FROM boon_code.credit_means(p_policy, p_account, ARRAY[p_product], p_at) m
$$;
