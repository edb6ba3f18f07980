/**
 * The invariants of usage; see `invariants.ts`. Uses of months that were dropped are gone: what they charged cannot be
 * held against them any more, nor the sums of the billing months that they were part of.
 */

/** From when on every use is kept. */
const KEPT = `
  kept AS (SELECT coalesce((SELECT max(month) + interval '1 month' FROM boon.usage_months WHERE dropped_at IS NOT NULL) AT TIME ZONE 'UTC', '-infinity') AS since)`;

export const USAGE_INVARIANTS: Readonly<Record<string, string>> = {
  'charges equal usage': `
    WITH ${KEPT}, owed AS (
      SELECT u.own_transfer AS seq, u.account_id AS payer, u.own_part AS amount, u.id, u.at FROM boon.usage u WHERE u.own_part > 0
      UNION ALL
      SELECT u.pool_transfer, u.pool_id, u.pool_part, u.account_id || '/' || u.id, u.at FROM boon.usage u WHERE u.pool_part > 0
    ), charged AS (
      SELECT t.* FROM boon.transfers t, kept WHERE t.kind = 'usage' AND t.effective_at >= kept.since
    )
    SELECT format('use %s of %s owes %s, transfer %s charged %s to %s', o.id, o.payer, o.amount, t.seq, t.amount, t.debit_account) AS detail
    FROM owed o FULL JOIN charged t ON t.seq = o.seq
    WHERE (o.payer, o.amount, o.id, o.at, 'boon:revenue', 'posted') IS DISTINCT FROM
      (t.debit_account, t.amount, t.reference, t.effective_at, t.credit_account, t.phase::text)
    UNION ALL
    SELECT format('line %s-%s tells of %s, its charge of %s', e.transfer, e.slice, e.reference, t.reference) FROM boon.transfers t
    JOIN boon.entries e ON e.transfer = t.seq WHERE t.kind = 'usage' AND (e.reference, e.effective_at) IS DISTINCT FROM (t.reference, t.effective_at)
    UNION ALL
    SELECT format('use %s of %s names who paid nothing', u.id, u.account_id) FROM boon.usage u
    WHERE (u.pool_part = 0 AND num_nonnulls(u.pool_id, u.pool_transfer, u.pool_month) > 0) OR (u.own_part = 0 AND num_nonnulls(u.own_transfer, u.own_month) > 0)
      OR (u.invoice_part = 0 AND u.invoice_transfer IS NOT NULL)`,
  'a use costs what its rate card says': `
    SELECT format('use %s of %s was charged %s', u.id, u.account_id, u.amount) AS detail FROM boon.usage u
    LEFT JOIN LATERAL (
      SELECT x.rate FROM boon.rate_rules x WHERE x.version = u.policy_version AND x.product = u.product
        AND x.model IN (u.model, 'default') AND x.starts_at <= u.at ORDER BY x.model = u.model DESC NULLS LAST, x.starts_at DESC LIMIT 1) r ON true
    WHERE u.amount IS DISTINCT FROM div(u.units::numeric * r.rate + 999999, 1000000) OR u.plan_part + u.pool_part + u.own_part + u.invoice_part <> u.amount`,
  'windows have used what the plan paid since they began': `
    WITH ${KEPT}
    SELECT format('%s window of %s has used %s, its uses say %s', w.kind, w.account_id, w.used, coalesce(u.paid, 0)) AS detail
    FROM boon.usage_windows w JOIN kept ON w.started_at >= kept.since LEFT JOIN LATERAL (
      SELECT sum(x.plan_part) AS paid FROM boon.usage x WHERE x.account_id = w.account_id AND x.seq >= w.since) u ON true
    WHERE w.used <> coalesce(u.paid, 0)
    UNION ALL
    SELECT format('%s window of %s began at %s, its last use says %s', w.kind, w.account_id, w.started_at, u.started_at)
    FROM boon.usage_windows w JOIN kept ON w.started_at >= kept.since CROSS JOIN LATERAL (
      SELECT x.seq, CASE w.kind WHEN 'weekly' THEN x.weekly_started_at ELSE x.five_hour_started_at END AS started_at
      FROM boon.usage x WHERE x.account_id = w.account_id ORDER BY x.seq DESC LIMIT 1) u
    WHERE u.seq >= w.since AND u.started_at IS DISTINCT FROM w.started_at
    UNION ALL
    SELECT format('account %s has used and has no windows', u.account_id) FROM boon.usage u
    WHERE u.plan_part > 0 GROUP BY u.account_id
    HAVING (SELECT count(*) FROM boon.usage_windows w WHERE w.account_id = u.account_id) <> 2`,
  // Of uses told within eight days of what was dropped, one that was told a week late may be missing.
  'each use found the windows as the one before it left them': `
    WITH ${KEPT}, restored AS (
      SELECT account_id, effective_at AS at FROM boon.redemptions
      UNION ALL SELECT accounts[1], effective_at FROM boon.events WHERE type = 'windows.restored'
    ), step AS (
      SELECT u.account_id, u.id, u.at, u.plan_part, k.*,
        lag(k.used) OVER before AS used_before, lag(k.started_at) OVER before AS started_before, lag(u.told_at) OVER before AS told_before
      FROM boon.usage u CROSS JOIN LATERAL (VALUES
        ('five_hour', interval '5 hours', u.five_hour_used, u.five_hour_started_at),
        ('weekly', interval '168 hours', u.weekly_used, u.weekly_started_at)) k (kind, length, used, started_at)
      WINDOW before AS (PARTITION BY u.account_id, k.kind ORDER BY u.seq)
    )
    SELECT format('use %s of %s left its %s window at %s, it was at %s', s.id, s.account_id, s.kind, s.used, coalesce(s.used_before, 0)) AS detail
    FROM step s JOIN kept ON coalesce(s.told_before, '-infinity') >= kept.since + interval '8 days'
    WHERE NOT (s.started_at IS NOT DISTINCT FROM s.started_before AND s.used = coalesce(s.used_before, 0) + s.plan_part)
      AND NOT (s.plan_part > 0 AND s.started_at = s.at AND s.used = s.plan_part AND coalesce(s.started_before + s.length <= s.at, true))
      AND NOT EXISTS (SELECT FROM restored r
        WHERE r.account_id = s.account_id AND s.used = s.plan_part AND s.started_at IN (r.at, s.started_before, s.at))`,
  'the plan paid within its windows': `
    SELECT format('use %s of %s left %s of %s and %s of %s used', id, account_id, five_hour_used, five_hour_limit, weekly_used, weekly_limit) AS detail
    FROM boon.usage WHERE plan_part > 0 AND (five_hour_used > five_hour_limit OR weekly_used > weekly_limit)
    UNION ALL
    SELECT format('use %s of %s had the limits %s and %s, which no plan has', u.id, u.account_id, u.five_hour_limit, u.weekly_limit) FROM boon.usage u
    WHERE NOT EXISTS (SELECT FROM boon.plan_rules l WHERE l.version = u.policy_version
      AND l.five_hour IS NOT DISTINCT FROM u.five_hour_limit AND l.weekly IS NOT DISTINCT FROM u.weekly_limit)`,
  'credits paid only when the plan was used up, and out of lots that may pay': `
    SELECT format('use %s of %s left the plan unused', u.id, u.account_id) AS detail FROM boon.usage u
    WHERE u.plan_part < u.amount
      AND coalesce(u.five_hour_limit > CASE WHEN u.five_hour_started_at + interval '5 hours' > u.at THEN u.five_hour_used ELSE 0 END, true)
      AND coalesce(u.weekly_limit > CASE WHEN u.weekly_started_at + interval '168 hours' > u.at THEN u.weekly_used ELSE 0 END, true)
    UNION ALL
    SELECT format('use %s of %s was paid by lot %s', u.id, u.account_id, l.id) FROM boon.usage u
    JOIN boon.entries e ON e.transfer IN (u.pool_transfer, u.own_transfer) JOIN boon.lots l ON l.id = e.lot_id
    WHERE NOT u.product = ANY (coalesce(l.products, ARRAY[u.product])) OR e.kind <> 'usage'`,
  'spending adds up to what uses took': `
    WITH ${KEPT}, taken AS (
      SELECT account_id AS payer, '' AS spender, own_month AS month, own_part AS amount FROM boon.usage WHERE own_part > 0
      UNION ALL SELECT pool_id, '', pool_month, pool_part FROM boon.usage WHERE pool_part > 0
      UNION ALL SELECT pool_id, account_id, pool_month, pool_part FROM boon.usage WHERE pool_part > 0
    ), summed AS (
      SELECT payer, spender, month, sum(amount) AS amount FROM taken, kept WHERE month::timestamp AT TIME ZONE 'UTC' >= kept.since GROUP BY 1, 2, 3
    ), counted AS (
      SELECT s.* FROM boon.spending s, kept WHERE s.month::timestamp AT TIME ZONE 'UTC' >= kept.since
    )
    SELECT format('%s of %s in %s: %s counted, %s taken', coalesce(c.spender_id, s.spender), coalesce(c.payer_id, s.payer),
      coalesce(c.month, s.month), c.spent, s.amount) AS detail
    FROM counted c FULL JOIN summed s ON s.payer = c.payer_id AND s.spender = c.spender_id AND s.month = c.month
    WHERE coalesce(c.spent, 0) <> coalesce(s.amount, 0)
    UNION ALL
    SELECT format('of %s %s were spent in all, transfers say %s', coalesce(s.payer_id, t.payer), s.spent, t.amount)
    FROM (SELECT payer_id, sum(spent) AS spent FROM boon.spending WHERE spender_id = '' GROUP BY payer_id) s
    FULL JOIN (SELECT debit_account AS payer, sum(amount) AS amount FROM boon.transfers WHERE kind = 'usage' GROUP BY debit_account) t
      ON t.payer = s.payer_id WHERE coalesce(s.spent, 0) <> coalesce(t.amount, 0)`,
};
