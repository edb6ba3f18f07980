/** The invariants of accounts: their organisations, and their billing months; see `invariants.ts`. */

/** Of accounts whose day moved under an earlier version: since when their months are by the rule. */
const BY_THE_RULE = `
  (SELECT coalesce(max(d.starts_at), '-infinity') FROM boon.billing_days d WHERE d.account_id = c.account_id AND d.carried)`;

export const ACCOUNT_INVARIANTS: Readonly<Record<string, string>> = {
  'a person belongs to an organisation or to none, an organisation to none': `
    SELECT format('%s %s belongs to %s %s', a.kind, a.id, coalesce(o.kind, 'no account'), a.org_id) AS detail
    FROM boon.accounts a LEFT JOIN boon.accounts o ON o.id = a.org_id
    WHERE a.org_id IS NOT NULL AND (a.kind, o.kind) IS DISTINCT FROM ('person', 'organisation')`,
  'billing months follow each other, none shorter than a month, on the day of their account': `
    WITH begun AS (
      SELECT d.* FROM boon.billing_days d WHERE d.number > 0
        AND NOT EXISTS (SELECT FROM boon.billing_days x WHERE x.account_id = d.account_id AND x.number > d.number AND x.starts_at <= d.starts_at)
    )
    SELECT format('account %s, day %s: a month from %s to %s, after one that ends at %s', d.account_id, d.day, d.starts_at, d.first_ends_at, b.ends_at) AS detail
    FROM begun d LEFT JOIN LATERAL boon_code.billing_month(d.account_id, d.starts_at - interval '1 microsecond') b ON true
    LEFT JOIN LATERAL boon_code.billing_month(d.account_id, d.starts_at) m ON true LEFT JOIN LATERAL boon_code.billing_month(d.account_id, d.first_ends_at) n ON true
    WHERE (m.starts_at, m.ends_at, n.starts_at) IS DISTINCT FROM (d.starts_at, d.first_ends_at, d.first_ends_at)
        AND NOT EXISTS (SELECT FROM begun x WHERE x.account_id = d.account_id AND x.number > d.number AND x.starts_at < d.first_ends_at)
      OR (NOT d.carried AND (d.first_ends_at <> boon_code.first_month_ends(d.day, d.starts_at) OR b.ends_at IS DISTINCT FROM d.starts_at))
    UNION ALL
    SELECT format('account %s has billing day %s, its last move says %s', coalesce(a.id, l.account_id), a.billing_day, l.day)
    FROM (SELECT DISTINCT ON (d.account_id) d.* FROM boon.billing_days d ORDER BY d.account_id, d.number DESC) l
    LEFT JOIN boon.accounts a ON a.id = l.account_id
    WHERE a.billing_day IS DISTINCT FROM l.day OR NOT EXISTS (SELECT FROM boon.billing_days x WHERE x.account_id = l.account_id AND x.number = 0)`,
  'what is counted in a month is counted in a billing month of its account': `
    SELECT format('account %s: %s counted from %s to %s, its billing month is from %s to %s', c.account_id, c.counts, c.starts_at, c.ends_at, m.starts_at, m.ends_at) AS detail
    FROM (SELECT DISTINCT s.account_id, s.counts, s.starts_at, s.ends_at FROM boon.stored_months s) c
    LEFT JOIN LATERAL boon_code.billing_month(c.account_id, c.starts_at) m ON true
    WHERE c.starts_at >= ${BY_THE_RULE} AND (m.starts_at, m.ends_at) IS DISTINCT FROM (c.starts_at, coalesce(c.ends_at, m.ends_at))
    UNION ALL
    SELECT format('account %s: %s of %s to %s counted in the billing month from %s to %s', c.account_id, c.counts, c.first, c.last, m.starts_at, m.ends_at)
    FROM (
      SELECT p.account_id, 'top-ups' AS counts, p.month, min(p.created_at) AS first, max(p.created_at) AS last
      FROM boon.purchases p WHERE p.month IS NOT NULL GROUP BY p.account_id, p.month
      UNION ALL
      SELECT u.account_id, 'uses', u.own_month, min(u.at), max(u.at) FROM boon.usage u WHERE u.own_part > 0 GROUP BY u.account_id, u.own_month
      UNION ALL
      SELECT u.pool_id, 'members'' uses', u.pool_month, min(u.at), max(u.at) FROM boon.usage u WHERE u.pool_part > 0 GROUP BY u.pool_id, u.pool_month
    ) c LEFT JOIN LATERAL boon_code.billing_month(c.account_id, c.month::timestamp AT TIME ZONE 'UTC') m ON true
    WHERE c.month::timestamp AT TIME ZONE 'UTC' >= ${BY_THE_RULE} AND NOT coalesce(c.first >= m.starts_at AND c.last < m.ends_at, false)
    UNION ALL
    SELECT format('charge %s of %s at %s is invoiced to %s in the month from %s', c.usage_id, c.member_id, c.at, c.org_id, c.month)
    FROM boon.charges c JOIN boon.billing_months m ON m.org_id = c.org_id AND m.month = c.month
    WHERE c.at >= m.ends_at OR c.at < m.starts_at AND NOT EXISTS (
      SELECT FROM boon.billing_months x WHERE x.org_id = c.org_id AND x.starts_at <= c.at AND x.ends_at > c.at AND x.closed_at IS NOT NULL)`,
};
