-- The purse of an account at a moment, as it pays for uses of p_spender; another's only if that is an active
-- organisation, else there is nothing in it. What is invoiced counts in the month of p_billed. The limits and the
-- standing are those of p_moment, or the present ones (null); what lots have let go after p_let_go_since is in it, too. the
-- lots of a purse of before credits came back have what there was room for then, and it is good until these came. The caller has locked it.
CREATE FUNCTION boon_code.open_purse(p_payer text, p_spender text, p_member_limit bigint, p_at timestamptz, p_billed date, p_moment timestamptz, p_let_go_since timestamptz)
RETURNS SETOF boon_code.purse LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_payer, p_spender, m.month, m.starts_at, m.ends_at, l.ids, l.remaining, l.expires, l.products,
    t.credits_posted - t.debits_posted - t.debits_pending, coalesce(s.spent, 0), a.spending_limit, d.spent, p_member_limit,
    l.granted, l.let_go,
    greatest(a.state_from, c.last), least(a.state_until, c.next)
  FROM (
    SELECT x.kind, x.status, x.spending_limit, coalesce(x.state_since, '-infinity') AS state_from, 'infinity'::timestamptz AS state_until
    FROM boon.accounts x WHERE x.id = p_payer AND (p_moment IS NULL OR x.state_since IS NULL OR x.state_since <= p_moment)
    UNION ALL
    SELECT h.kind, h.status, h.spending_limit, h.since, h.until
    FROM boon.accounts x CROSS JOIN LATERAL boon_code.account_at(p_payer, p_moment) h WHERE x.id = p_payer AND x.state_since > p_moment) a
  CROSS JOIN LATERAL (SELECT x.last, x.next, x.next IS NOT NULL AS is_before
    FROM (SELECT (y.c).* FROM (SELECT boon_code.came_back(p_payer, p_let_go_since, coalesce(p_moment, 'infinity')) AS c OFFSET 0) y) x) c
  CROSS JOIN LATERAL (SELECT (x.starts_at AT TIME ZONE 'UTC')::date AS month, x.starts_at, x.ends_at FROM boon_code.billing_month(p_payer, p_at) x OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = p_payer OFFSET 0) t
  LEFT JOIN LATERAL (SELECT * FROM boon.spending x WHERE x.payer_id = p_payer AND x.spender_id = '' AND x.month = m.month OFFSET 0) s ON true
  CROSS JOIN LATERAL boon_code.member_spent(nullif(p_payer, p_spender), p_spender, m.month, p_billed) d
  CROSS JOIN LATERAL (
    SELECT array_agg(z.id) AS ids, array_agg(z.amount) AS remaining, array_agg(z.expires_at) AS expires, array_agg(z.products::text) AS products,
      array_agg(z.granted_at) AS granted, array_agg(z.let_go) AS let_go
    FROM (
      SELECT y.* FROM (
        SELECT o.id, o.remaining AS amount, o.expires_at, o.products, o.granted_at, o.source, false AS let_go
        FROM boon.lots o WHERE NOT c.is_before AND o.account_id = p_payer AND o.open
        UNION ALL
        SELECT o.id, g.amount, o.expires_at, o.products, o.granted_at, o.source, true
        FROM boon.lots o CROSS JOIN LATERAL (SELECT boon_code.let_go(o, p_let_go_since) AS amount OFFSET 0) g
        WHERE NOT c.is_before AND o.account_id = p_payer AND NOT o.open AND o.expires_at > p_let_go_since AND g.amount > 0
        UNION ALL
        SELECT o.id, r.amount, r.expires_at, o.products, o.granted_at, o.source, r.let_go
        FROM boon_code.lot_rooms(p_payer, CASE WHEN c.is_before THEN greatest(c.last, p_let_go_since) END) r JOIN boon.lots o ON o.id = r.lot_id WHERE c.is_before) y
      WHERE p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active'
      ORDER BY y.expires_at NULLS LAST, y.source, y.granted_at, y.id, y.let_go) z) l
$$;

-- The same as things are, for uses that are told at once.
CREATE FUNCTION boon_code.open_purse(p_payer text, p_spender text, p_member_limit bigint, p_at timestamptz, p_billed date)
RETURNS SETOF boon_code.purse LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_payer, p_spender, m.month, m.starts_at, m.ends_at, l.ids, l.remaining, l.expires, l.products,
    t.credits_posted - t.debits_posted - t.debits_pending, coalesce(s.spent, 0), a.spending_limit, d.spent, p_member_limit,
    NULL::timestamptz[], NULL::boolean[], coalesce(a.state_since, '-infinity'), 'infinity'::timestamptz
  FROM boon.accounts a
  CROSS JOIN LATERAL (SELECT (x.starts_at AT TIME ZONE 'UTC')::date AS month, x.starts_at, x.ends_at FROM boon_code.billing_month(p_payer, p_at) x OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = p_payer OFFSET 0) t
  LEFT JOIN LATERAL (SELECT * FROM boon.spending x WHERE x.payer_id = p_payer AND x.spender_id = '' AND x.month = m.month OFFSET 0) s ON true
  CROSS JOIN LATERAL boon_code.member_spent(nullif(p_payer, p_spender), p_spender, m.month, p_billed) d
  CROSS JOIN LATERAL (
    SELECT array_agg(y.id) AS ids, array_agg(y.remaining) AS remaining, array_agg(y.expires_at) AS expires, array_agg(y.products::text) AS products
    FROM (SELECT * FROM boon.lots o WHERE o.account_id = p_payer AND o.open
            AND (p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active')
          ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id) y) l
  WHERE a.id = p_payer
$$;
