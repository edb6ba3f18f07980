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

-- What a lot has room for at a moment of the past. Credits may come back into a lot: out of a gift that ended, or from what was
-- taken back. A use of before that moment finds what was there then, and not what came back since: else the account would
-- have had less than nothing in between.

CREATE INDEX entries_that_came_back ON boon.entries (account_id, effective_at)
  WHERE amount > 0 AND kind NOT IN ('grant', 'gift_received', 'purchased', 'expired');

-- When credits came back into a lot of an account, after p_since: the last time by p_moment, and the first after it.
CREATE FUNCTION boon.came_back(p_account text, p_since timestamptz, p_moment timestamptz, OUT last timestamptz, OUT next timestamptz) LANGUAGE sql STABLE AS $$
  SELECT max(e.effective_at) FILTER (WHERE e.effective_at <= p_moment), min(e.effective_at) FILTER (WHERE e.effective_at > p_moment)
  FROM boon.entries e WHERE e.account_id = p_account AND e.effective_at > p_since
    AND e.amount > 0 AND e.kind NOT IN ('grant', 'gift_received', 'purchased', 'expired')
$$;

-- How much of what a lot let go pays for nothing any more: what money was given back for, at least, or all of a reward that was taken
-- back. A purchase says so of its lot and of those that go on from it, the first first.
CREATE FUNCTION boon.let_go_for_good(l boon.lots) RETURNS bigint LANGUAGE sql STABLE AS $$
  WITH RECURSIVE came_from AS (
    SELECT l.id, l.continues
    UNION ALL
    SELECT o.id, o.continues FROM came_from c JOIN boon.lots o ON o.id = c.continues
  ), bought AS (
    SELECT p.lot_id, sum(p.let_go) AS let_go FROM boon.purchases p WHERE p.account_id = l.account_id AND p.lot_id IN (SELECT c.id FROM came_from c) AND p.let_go > 0 GROUP BY 1
  )
  SELECT CASE l.source
    WHEN 'purchased' THEN greatest(coalesce((SELECT sum(b.let_go - (SELECT coalesce(-sum(e.amount), 0) FROM boon.entries e
      WHERE e.kind = 'expired' AND e.account_id = l.account_id AND e.lot_id IN (SELECT f FROM boon.lot_family(b.lot_id) f WHERE f < l.id))) FROM bought b), 0), 0)::bigint
    WHEN 'earned' THEN CASE WHEN EXISTS (
      SELECT FROM boon.referral_rewards w WHERE w.account_id = l.account_id AND w.resets_back IS NOT NULL AND w.lot_id IN (SELECT c.id FROM came_from c))
      THEN l.granted ELSE 0 END
    ELSE 0 END
$$;

-- How much of each lot of an account a use at p_at may take, so that at no moment from then on more of the lot is taken than was in
-- it; and a use of any later moment by which nothing has come back, where the lot was granted by then. A lot has a row for what
-- may be taken as it is, and one for each expiry since, by as much as its taking back makes room for; that one says when it
-- expired. Rows of one lot are used up in the order in which they are answered.
CREATE FUNCTION boon.lot_rooms(p_account text, p_at timestamptz) RETURNS TABLE (lot_id bigint, amount bigint, expires_at timestamptz, let_go boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  l record;
  left_then bigint;
  -- The least that was in the lot before its first expiry, between that and the next, and so on.
  lowest bigint[];
  gone bigint[];
  ended timestamptz[];
  refunded bigint;
  base bigint;
  part bigint;
  parts bigint[];
  after_segment bigint;
BEGIN
  FOR l IN
    WITH moved AS MATERIALIZED (
      SELECT e.lot_id AS id, e.effective_at AS at, sum(e.amount)::bigint AS amount, (-coalesce(sum(e.amount) FILTER (WHERE e.kind = 'expired'), 0))::bigint AS gone
      FROM boon.entries e WHERE e.account_id = p_account AND e.effective_at > p_at AND e.kind NOT IN ('grant', 'gift_received', 'purchased') GROUP BY 1, 2
    ), since AS (
      SELECT m.id, sum(m.amount)::bigint AS amount, array_agg(m.at ORDER BY m.at) AS moments, array_agg(m.amount ORDER BY m.at) AS amounts,
        array_agg(m.gone ORDER BY m.at) AS gone FROM moved m GROUP BY 1
    )
    SELECT o AS lot, o.id, o.source, o.expires_at, o.remaining - coalesce(s.amount, 0) AS left_then, s.moments, s.amounts, s.gone
    FROM boon.lots o LEFT JOIN since s ON s.id = o.id
    WHERE o.account_id = p_account AND (o.open OR o.expires_at > p_at) AND o.remaining - coalesce(s.amount, 0) > 0 ORDER BY o.id
  LOOP
    left_then := l.left_then; lowest := ARRAY[left_then]; gone := '{}'; ended := '{}';
    FOR k IN 1..coalesce(cardinality(l.moments), 0) LOOP
      left_then := left_then + l.amounts[k];
      IF l.gone[k] > 0 THEN
        gone := gone || l.gone[k]; ended := ended || l.moments[k]; lowest := lowest || left_then;
      ELSE
        lowest[cardinality(lowest)] := least(lowest[cardinality(lowest)], left_then);
      END IF;
    END LOOP;
    base := (SELECT min(x) FROM unnest(lowest) x);
    CONTINUE WHEN base < 0; -- Spent by a clock that lagged.
    IF base > 0 THEN
      lot_id := l.id; amount := base; expires_at := l.expires_at; let_go := false;
      RETURN NEXT;
    END IF;
    CONTINUE WHEN cardinality(gone) = 0;
    -- What money was given back for pays for nothing.
    refunded := boon.let_go_for_good(l.lot);
    FOR k IN REVERSE cardinality(gone)..1 LOOP
      part := least(gone[k], refunded);
      gone[k] := gone[k] - part; refunded := refunded - part;
    END LOOP;
    parts := '{}';
    FOR k IN 1..cardinality(gone) LOOP
      part := gone[k]; after_segment := 0;
      FOR j IN REVERSE k..1 LOOP
        IF j < k THEN after_segment := after_segment + parts[j]; END IF;
        part := least(part, lowest[j] - base - after_segment);
      END LOOP;
      parts := parts || part;
      IF part > 0 THEN
        lot_id := l.id; amount := part; expires_at := ended[k]; let_go := true;
        RETURN NEXT;
      END IF;
    END LOOP;
  END LOOP;
END $$;

-- What a lot has let go at its expiry, if that was after p_since, but for what money was given back for. What it had let go
-- before it had more time is not in it: boon.lot_rooms tells of that.
CREATE FUNCTION boon.let_go(l boon.lots, p_since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(coalesce((SELECT -sum(e.amount) FROM boon.entries e
      WHERE e.lot_id = l.id AND e.kind = 'expired' AND e.effective_at > p_since AND e.effective_at = l.expires_at), 0)
    - boon.let_go_for_good(l), 0)::bigint
$$;

-- A later migration makes boon.billing_month of an account, which the next functions ask.
SET LOCAL check_function_bodies = off;

-- The purse of an account at a moment, as it pays for uses of p_spender; another's only if that is an active
-- organisation, else there is nothing in it. What is invoiced counts in the month of p_billed. The limits and the
-- standing are those of p_moment, or the present ones (null); what lots have let go after p_let_go_since is in it, too. the
-- lots of a purse of before credits came back have what there was room for then, and it is good until these came. The caller has locked it.
CREATE FUNCTION boon.open_purse(p_payer text, p_spender text, p_member_limit bigint, p_at timestamptz, p_billed date, p_moment timestamptz, p_let_go_since timestamptz)
RETURNS SETOF boon.purse LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_payer, p_spender, m.month, m.starts_at, m.ends_at, l.ids, l.remaining, l.expires, l.products,
    t.credits_posted - t.debits_posted - t.debits_pending, coalesce(s.spent, 0), a.spending_limit, d.spent, p_member_limit,
    l.granted, l.let_go,
    greatest(a.state_from, c.last), least(a.state_until, c.next)
  FROM (
    SELECT x.kind, x.status, x.spending_limit, coalesce(x.state_since, '-infinity') AS state_from, 'infinity'::timestamptz AS state_until
    FROM boon.accounts x WHERE x.id = p_payer AND (p_moment IS NULL OR x.state_since IS NULL OR x.state_since <= p_moment)
    UNION ALL
    SELECT h.kind, h.status, h.spending_limit, h.since, h.until
    FROM boon.accounts x CROSS JOIN LATERAL boon.account_at(p_payer, p_moment) h WHERE x.id = p_payer AND x.state_since > p_moment) a
  CROSS JOIN LATERAL (SELECT x.last, x.next, x.next IS NOT NULL AS is_before
    FROM (SELECT (y.c).* FROM (SELECT boon.came_back(p_payer, p_let_go_since, coalesce(p_moment, 'infinity')) AS c OFFSET 0) y) x) c
  CROSS JOIN LATERAL (SELECT (x.starts_at AT TIME ZONE 'UTC')::date AS month, x.starts_at, x.ends_at FROM boon.billing_month(p_payer, p_at) x OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = p_payer OFFSET 0) t
  LEFT JOIN LATERAL (SELECT * FROM boon.spending x WHERE x.payer_id = p_payer AND x.spender_id = '' AND x.month = m.month OFFSET 0) s ON true
  CROSS JOIN LATERAL boon.member_spent(nullif(p_payer, p_spender), p_spender, m.month, p_billed) d
  CROSS JOIN LATERAL (
    SELECT array_agg(z.id) AS ids, array_agg(z.amount) AS remaining, array_agg(z.expires_at) AS expires, array_agg(z.products::text) AS products,
      array_agg(z.granted_at) AS granted, array_agg(z.let_go) AS let_go
    FROM (
      SELECT y.* FROM (
        SELECT o.id, o.remaining AS amount, o.expires_at, o.products, o.granted_at, o.source, false AS let_go
        FROM boon.lots o WHERE NOT c.is_before AND o.account_id = p_payer AND o.open
        UNION ALL
        SELECT o.id, g.amount, o.expires_at, o.products, o.granted_at, o.source, true
        FROM boon.lots o CROSS JOIN LATERAL (SELECT boon.let_go(o, p_let_go_since) AS amount OFFSET 0) g
        WHERE NOT c.is_before AND o.account_id = p_payer AND NOT o.open AND o.expires_at > p_let_go_since AND g.amount > 0
        UNION ALL
        SELECT o.id, r.amount, r.expires_at, o.products, o.granted_at, o.source, r.let_go
        FROM boon.lot_rooms(p_payer, CASE WHEN c.is_before THEN greatest(c.last, p_let_go_since) END) r JOIN boon.lots o ON o.id = r.lot_id WHERE c.is_before) y
      WHERE p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active'
      ORDER BY y.expires_at NULLS LAST, y.source, y.granted_at, y.id, y.let_go) z) l
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
