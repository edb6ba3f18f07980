-- Purses of the past: a use that is told late is paid out of lots that were there at its moment and had not expired, within
-- the limits of then. What a lot let go when it expired, after that moment, pays once more: its expiry is taken back by so much.
CREATE INDEX lots_emptied ON boon.lots (account_id, expires_at) WHERE NOT open AND expires_at IS NOT NULL;
CREATE INDEX entries_of_expiry ON boon.entries (lot_id) WHERE kind = 'expired';

ALTER TYPE boon.purse
  -- These two only where uses are told late.
  ADD ATTRIBUTE lot_granted timestamptz[],
  -- Whether what is left of a lot is what it let go.
  ADD ATTRIBUTE lot_let_go boolean[],
  -- When the payer was what the limits are of.
  ADD ATTRIBUTE state_from timestamptz,
  ADD ATTRIBUTE state_until timestamptz;

-- What a lot has let go at an expiry after p_since, and still may pay. Of a purchase not what money was given back for, and of
-- a reward that was taken back nothing. A lot that goes on from another shares what is let go with it.
CREATE FUNCTION boon.let_go(l boon.lots, p_since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE line AS (
    SELECT l.id, l.continues
    UNION ALL
    SELECT x.id, x.continues FROM line y JOIN boon.lots x ON x.id = y.continues
  )
  SELECT CASE WHEN EXISTS (
      SELECT FROM boon.referral_rewards w WHERE l.source = 'earned' AND w.account_id = l.account_id AND w.resets_back IS NOT NULL
        AND w.lot_id IN (SELECT id FROM line)) THEN 0
    ELSE greatest(least(
      coalesce((SELECT -sum(e.amount) FROM boon.entries e WHERE e.lot_id = l.id AND e.kind = 'expired' AND e.effective_at > p_since), 0),
      (SELECT min(boon.expired_of(p.lot_id) - p.let_go) FROM boon.purchases p
       WHERE l.source = 'purchased' AND p.account_id = l.account_id AND p.lot_id IN (SELECT id FROM line))), 0) END::bigint
$$;

-- A later migration makes boon.billing_month of an account, which the next functions ask.
SET LOCAL check_function_bodies = off;

-- The purse of an account at a moment, as it pays for uses of p_spender; another's only if that is an active
-- organisation, else there is nothing in it. What is invoiced counts in the month of p_billed. The limits and the
-- standing are those of p_moment, or the present ones (null); what lots have let go after p_let_go_since is in it, too. The
-- caller has locked it.
CREATE FUNCTION boon.open_purse(p_payer text, p_spender text, p_member_limit bigint, p_at timestamptz, p_billed date, p_moment timestamptz, p_let_go_since timestamptz)
RETURNS SETOF boon.purse LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_payer, p_spender, m.month, m.starts_at, m.ends_at, l.ids, l.remaining, l.expires, l.products,
    t.credits_posted - t.debits_posted - t.debits_pending, coalesce(s.spent, 0), a.spending_limit, d.spent, p_member_limit,
    l.granted, l.let_go, a.state_from, a.state_until
  FROM (
    SELECT x.kind, x.status, x.spending_limit, coalesce(x.state_since, '-infinity') AS state_from, 'infinity'::timestamptz AS state_until
    FROM boon.accounts x WHERE x.id = p_payer AND (p_moment IS NULL OR x.state_since IS NULL OR x.state_since <= p_moment)
    UNION ALL
    SELECT h.kind, h.status, h.spending_limit, h.since, h.until
    FROM boon.accounts x CROSS JOIN LATERAL boon.account_at(p_payer, p_moment) h WHERE x.id = p_payer AND x.state_since > p_moment) a
  CROSS JOIN LATERAL (SELECT (x.starts_at AT TIME ZONE 'UTC')::date AS month, x.starts_at, x.ends_at FROM boon.billing_month(p_payer, p_at) x OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = p_payer OFFSET 0) t
  LEFT JOIN LATERAL (SELECT * FROM boon.spending x WHERE x.payer_id = p_payer AND x.spender_id = '' AND x.month = m.month OFFSET 0) s ON true
  CROSS JOIN LATERAL boon.member_spent(nullif(p_payer, p_spender), p_spender, m.month, p_billed) d
  CROSS JOIN LATERAL (
    SELECT array_agg(y.id) AS ids, array_agg(y.remaining) AS remaining, array_agg(y.expires_at) AS expires, array_agg(y.products::text) AS products,
      array_agg(y.granted_at) AS granted, array_agg(y.let_go) AS let_go
    FROM (
      SELECT o.id, o.remaining, o.expires_at, o.products, o.granted_at, o.source, false AS let_go FROM boon.lots o WHERE o.account_id = p_payer AND o.open
        AND (p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active')
      UNION ALL
      SELECT o.id, g.amount, o.expires_at, o.products, o.granted_at, o.source, true
      FROM boon.lots o CROSS JOIN LATERAL (SELECT boon.let_go(o, p_let_go_since) AS amount OFFSET 0) g
      WHERE o.account_id = p_payer AND NOT o.open AND o.expires_at > p_let_go_since AND g.amount > 0
        AND (p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active')
      ORDER BY expires_at NULLS LAST, source, granted_at, id) y) l
$$;

-- The same as things are, for uses that are told at once.
CREATE OR REPLACE FUNCTION boon.open_purse(p_payer text, p_spender text, p_member_limit bigint, p_at timestamptz, p_billed date)
RETURNS SETOF boon.purse LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_payer, p_spender, m.month, m.starts_at, m.ends_at, l.ids, l.remaining, l.expires, l.products,
    t.credits_posted - t.debits_posted - t.debits_pending, coalesce(s.spent, 0), a.spending_limit, d.spent, p_member_limit,
    NULL::timestamptz[], NULL::boolean[], coalesce(a.state_since, '-infinity'), 'infinity'::timestamptz
  FROM boon.accounts a
  CROSS JOIN LATERAL (SELECT (x.starts_at AT TIME ZONE 'UTC')::date AS month, x.starts_at, x.ends_at FROM boon.billing_month(p_payer, p_at) x OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = p_payer OFFSET 0) t
  LEFT JOIN LATERAL (SELECT * FROM boon.spending x WHERE x.payer_id = p_payer AND x.spender_id = '' AND x.month = m.month OFFSET 0) s ON true
  CROSS JOIN LATERAL boon.member_spent(nullif(p_payer, p_spender), p_spender, m.month, p_billed) d
  CROSS JOIN LATERAL (
    SELECT array_agg(y.id) AS ids, array_agg(y.remaining) AS remaining, array_agg(y.expires_at) AS expires, array_agg(y.products::text) AS products
    FROM (SELECT * FROM boon.lots o WHERE o.account_id = p_payer AND o.open
            AND (p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active')
          ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id) y) l
  WHERE a.id = p_payer
$$;

SET LOCAL check_function_bodies = on;

-- Whether a lot of a purse may pay for a product at a moment, if it was there by p_granted_by. Stable as its cast is, else
-- it is not inlined.
CREATE FUNCTION boon.may_pay(p boon.purse, k int, p_product text, p_at timestamptz, p_granted_by timestamptz) RETURNS boolean LANGUAGE sql STABLE
  RETURN (p).lot_left[k] > 0 AND ((p).lot_expires[k] IS NULL OR (p).lot_expires[k] > p_at) AND ((p).lot_granted IS NULL OR (p).lot_granted[k] <= p_granted_by)
    AND ((p).lot_products[k] IS NULL OR p_product = ANY ((p).lot_products[k]::text[]));

-- How much of p_most a purse can pay for a product: out of lots that may, and unless p_limited is false within the limits.
CREATE FUNCTION boon.payable(p boon.purse, p_product text, p_at timestamptz, p_granted_by timestamptz, p_most bigint, p_limited boolean)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  most bigint := p_most;
  found bigint := 0;
BEGIN
  IF p_limited THEN
    most := greatest(least(p_most, p.spending_limit - p.spent, p.member_limit - p.member_spent), 0);
  END IF;
  FOR k IN 1..coalesce(cardinality(p.lot_ids), 0) LOOP
    EXIT WHEN found >= most;
    IF boon.may_pay(p, k, p_product, p_at, p_granted_by) THEN found := found + p.lot_left[k]; END IF;
  END LOOP;
  RETURN least(found, most);
END $$;

CREATE OR REPLACE FUNCTION boon.payable(p boon.purse, p_product text, p_at timestamptz, p_most bigint, p_limited boolean) RETURNS bigint LANGUAGE sql STABLE
  RETURN boon.payable(p, p_product, p_at, 'infinity'::timestamptz, p_most, p_limited);

DROP FUNCTION boon.may_pay(boon.purse, int, text, timestamptz);
