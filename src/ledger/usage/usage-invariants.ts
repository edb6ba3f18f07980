/**
 * The invariants of usage; see `invariants.ts`. Uses of months that were dropped are gone: what they charged cannot be
 * held against them any more, nor the sums of the billing months that they were part of.
 */

/** From when on every use is kept. */
const KEPT = `
  kept AS (SELECT coalesce((SELECT max(month) + interval '1 month' FROM boon.usage_months WHERE dropped_at IS NOT NULL) AT TIME ZONE 'UTC', '-infinity') AS since)`;

/** All windows, those of the past and the present ones. */
const WINDOWS = `
  windows AS (
    SELECT p.*, false AS present FROM boon.past_windows p
    UNION ALL SELECT (boon_code.past_window(w, NULL)).*, true FROM boon.usage_windows w)`;

/**
 * What each use says of each window: `number` is the window's, null in rows of earlier versions and where there was none.
 * It counts in window `counts_in`: another where the one it named was split before it.
 */
const COUNTED = `
  split AS (SELECT DISTINCT account_id FROM boon.window_splits),
  counted AS (
    SELECT u.account_id, u.id, u.seq, u.at, u.told_at, u.plan_part, k.*,
      CASE WHEN s.account_id IS NULL THEN k.number ELSE boon_code.window_of(u.account_id, k.kind, k.number, u.at) END AS counts_in
    FROM boon.usage u LEFT JOIN split s ON s.account_id = u.account_id
    CROSS JOIN LATERAL (VALUES
      ('five_hour'::boon.window_kind, u.five_hour_window, u.five_hour_used, u.five_hour_started_at),
      ('weekly', u.weekly_window, u.weekly_used, u.weekly_started_at)) k (kind, number, used, started_at))`;

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
  // Rows of earlier versions name no window: they counted in the latest.
  'windows have used what the plan paid since they began': `
    WITH ${KEPT}, ${WINDOWS}, ${COUNTED}, paid AS (
      SELECT account_id, kind, counts_in AS number, sum(plan_part) AS paid FROM counted WHERE number IS NOT NULL GROUP BY 1, 2, 3
    )
    SELECT format('%s window of %s from %s has used %s, its uses say %s', w.kind, w.account_id, w.counts_from, w.used, coalesce(u.paid, 0) + coalesce(o.paid, 0)) AS detail
    FROM windows w JOIN kept ON w.started_at >= kept.since
    LEFT JOIN paid u ON u.account_id = w.account_id AND u.kind = w.kind AND u.number = w.number
    LEFT JOIN LATERAL (
      SELECT sum(x.plan_part) AS paid FROM boon.usage x WHERE x.account_id = w.account_id AND x.five_hour_window IS NULL AND x.seq >= w.number
        AND CASE w.kind WHEN 'weekly' THEN x.weekly_started_at ELSE x.five_hour_started_at END = w.started_at) o ON true
    WHERE CASE WHEN w.number < 0 THEN w.used < coalesce(u.paid, 0) ELSE w.used <> coalesce(u.paid, 0) + coalesce(o.paid, 0) END
    UNION ALL
    SELECT format('%s window of %s began at %s, its use %s says %s', w.kind, w.account_id, w.started_at, u.id, u.started_at)
    FROM windows w JOIN kept ON w.started_at >= kept.since
    JOIN counted u ON u.account_id = w.account_id AND u.kind = w.kind AND u.number = w.number
    WHERE u.counts_in = u.number AND u.started_at IS DISTINCT FROM w.started_at
    UNION ALL
    SELECT format('account %s has used and has no windows', u.account_id) FROM boon.usage u
    WHERE u.plan_part > 0 GROUP BY u.account_id
    HAVING (SELECT count(*) FROM boon.usage_windows w WHERE w.account_id = u.account_id) <> 2`,
  'windows follow each other': `
    WITH ${WINDOWS}
    SELECT format('%s window of %s from %s began before the one from %s had ended', s.kind, s.account_id, s.counts_from, s.before) AS detail FROM (
      SELECT w.*, lag(w.ended_at) OVER o AS ended_before, lag(w.counts_from) OVER o AS before FROM windows w WHERE w.ended_at > w.counts_from
      WINDOW o AS (PARTITION BY w.account_id, w.kind ORDER BY w.counts_from)) s
    WHERE s.counts_from < s.ended_before
    UNION ALL
    SELECT format('%s window of %s from %s is not the latest', w.kind, w.account_id, w.counts_from) FROM windows w
    WHERE w.present AND EXISTS (
      SELECT FROM boon.past_windows p WHERE p.account_id = w.account_id AND p.kind = w.kind AND p.counts_from > w.counts_from AND p.ended_at > p.counts_from)`,
  'a use that was reported late counted in the window of its moment': `
    WITH ${WINDOWS}, ${COUNTED}
    SELECT format('use %s of %s at %s counted in the %s window from %s to %s', u.id, u.account_id, u.at, w.kind, w.counts_from, w.ended_at) AS detail
    FROM counted u JOIN windows w ON w.account_id = u.account_id AND w.kind = u.kind AND w.number = u.number
    WHERE u.at < u.told_at AND u.plan_part > 0 AND (u.at < w.counts_from OR u.at >= w.started_at + boon_code.window_length(w.kind)
      OR u.at >= w.ended_at AND EXISTS (SELECT FROM windows r
        WHERE r.account_id = w.account_id AND r.kind = w.kind AND r.restored AND r.counts_from = w.ended_at AND r.number < u.seq))`,
  // A change that was told after the use is no matter of the use's.
  'a use that was reported late was judged by what its account was then': `
    SELECT format('use %s of %s at %s was judged on limits of %s and %s and paid by %s', u.id, u.account_id, u.at, u.five_hour_limit, u.weekly_limit,
      coalesce(u.pool_id, 'itself')) AS detail
    FROM boon.usage u JOIN boon.accounts a ON a.id = u.account_id
    LEFT JOIN LATERAL (SELECT x.* FROM boon.account_history x WHERE x.account_id = u.account_id AND (x.number > u.seq OR x.until > u.at) ORDER BY x.number LIMIT 1) h ON true
    CROSS JOIN LATERAL (SELECT CASE WHEN h.number IS NULL THEN a.plan ELSE h.plan END AS plan, CASE WHEN h.number IS NULL THEN a.status ELSE h.status END AS status,
      CASE WHEN h.number IS NULL THEN a.org_id ELSE h.org_id END AS org_id, CASE WHEN h.number IS NULL THEN a.use_credits ELSE h.use_credits END AS use_credits) s
    LEFT JOIN boon.plan_rules l ON l.version = u.policy_version AND l.plan = s.plan
    WHERE u.at < u.told_at AND coalesce(u.five_hour_window, u.weekly_window) IS NOT NULL AND (
      (l.five_hour, l.weekly) IS DISTINCT FROM (u.five_hour_limit, u.weekly_limit) OR s.status <> 'active' OR u.pool_id <> coalesce(s.org_id, '')
      OR u.plan_part < u.amount AND s.use_credits = 'off')`,
  'the history of an account is whole': `
    SELECT format('account %s was something since %s, before that until %s', h.account_id, h.since, h.before) AS detail FROM (
      SELECT x.*, coalesce(lag(x.until) OVER o, '-infinity') AS before FROM boon.account_history x WINDOW o AS (PARTITION BY x.account_id ORDER BY x.number)) h
    WHERE h.since <> h.before
    UNION ALL
    SELECT format('account %s is what it is since %s, it was something else until %s', a.id, a.state_since, h.until) FROM boon.accounts a
    LEFT JOIN LATERAL (SELECT x.until FROM boon.account_history x WHERE x.account_id = a.id ORDER BY x.number DESC LIMIT 1) h ON true
    WHERE a.state_since IS DISTINCT FROM h.until`,
  // Of uses told within eight days of what was dropped, one that was told a week late may be missing.
  'each use found the windows as the one before it left them': `
    WITH ${KEPT}, ${COUNTED}, restored AS (
      SELECT account_id, effective_at AS at FROM boon.redemptions
      UNION ALL SELECT accounts[1], effective_at FROM boon.events WHERE type = 'windows.restored'
    ), told AS (
      SELECT account_id, id, seq, at, told_at, plan_part, kind, number, used, started_at FROM counted
      -- A window that was split tells where both stand from then on.
      UNION ALL SELECT account_id, NULL, next, at, NULL, kept, kind, number, kept, NULL FROM boon.window_splits
      UNION ALL SELECT account_id, NULL, next, at, NULL, moved, kind, next, moved, NULL FROM boon.window_splits
    ), step AS (
      SELECT u.*, lag(u.used) OVER before AS used_before, lag(u.started_at) OVER before AS started_before, lag(u.told_at) OVER before AS told_before
      FROM told u WINDOW before AS (PARTITION BY u.account_id, u.kind, u.number ORDER BY u.seq)
    )
    SELECT format('use %s of %s left its %s window at %s, it was at %s', s.id, s.account_id, s.kind, s.used, coalesce(s.used_before, 0)) AS detail
    FROM step s JOIN kept ON s.at >= kept.since + interval '8 days'
    WHERE s.id IS NOT NULL AND s.number > 0 AND (s.used <> coalesce(s.used_before, 0) + s.plan_part OR (s.told_before IS NOT NULL AND s.started_at <> s.started_before))
      AND NOT (s.told_before IS NULL AND EXISTS (SELECT FROM boon.usage x WHERE x.account_id = s.account_id AND x.five_hour_window IS NULL AND x.seq >= s.number AND x.seq < s.seq))
    UNION ALL
    SELECT format('use %s of %s left its %s window at %s, it was at %s', s.id, s.account_id, s.kind, s.used, coalesce(s.used_before, 0))
    FROM step s JOIN kept ON coalesce(s.told_before, '-infinity') >= kept.since + interval '8 days'
    WHERE s.id IS NOT NULL AND s.number IS NULL AND (s.plan_part > 0 OR s.started_at IS NOT NULL)
      AND NOT (s.started_at IS NOT DISTINCT FROM s.started_before AND s.used = coalesce(s.used_before, 0) + s.plan_part)
      AND NOT (s.plan_part > 0 AND s.started_at = s.at AND s.used = s.plan_part AND coalesce(s.started_before + boon_code.window_length(s.kind) <= s.at, true))
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
      AND coalesce(u.five_hour_limit > CASE WHEN u.five_hour_started_at + boon_code.window_length('five_hour') > u.at THEN u.five_hour_used ELSE 0 END, true)
      AND coalesce(u.weekly_limit > CASE WHEN u.weekly_started_at + boon_code.window_length('weekly') > u.at THEN u.weekly_used ELSE 0 END, true)
    UNION ALL
    SELECT format('use %s of %s was paid by lot %s', u.id, u.account_id, l.id) FROM boon.usage u
    JOIN boon.entries e ON e.transfer IN (u.pool_transfer, u.own_transfer) JOIN boon.lots l ON l.id = e.lot_id
    WHERE NOT u.product = ANY (coalesce(l.products, ARRAY[u.product])) OR e.kind <> 'usage' OR l.expires_at <= u.at
      OR (l.granted_at > u.at AND u.at < u.told_at AND coalesce(u.five_hour_window, u.weekly_window) IS NOT NULL)`,
  'no more of an expiry was taken back than a lot let go': `
    SELECT format('lot %s let go %s at %s', e.lot_id, -sum(e.amount), e.effective_at) AS detail FROM boon.entries e WHERE e.kind = 'expired'
    GROUP BY e.lot_id, e.effective_at HAVING sum(e.amount) > 0
    UNION ALL
    SELECT format('transfer %s takes back an expiry, and no use follows', t.seq) FROM boon.transfers t JOIN boon.entries e ON e.transfer = t.seq
    WHERE t.debit_account = 'boon:expired' AND NOT EXISTS (
      SELECT FROM boon.entries x WHERE x.lot_id = e.lot_id AND x.kind = 'usage' AND x.transfer > t.seq AND x.effective_at < t.effective_at AND x.account_id = e.account_id)`,
  'a lot lets go no more than was in it when it expired': `
    SELECT format('lot %s let go %s at %s, when %s was in it', e.lot_id, -e.amount, e.effective_at, sum(x.amount) - e.amount) AS detail
    FROM boon.entries e JOIN boon.entries x ON x.lot_id = e.lot_id AND x.transfer <= e.transfer AND x.effective_at <= e.effective_at
    WHERE e.kind = 'expired' AND e.amount < 0 GROUP BY e.transfer, e.slice HAVING sum(x.amount) < 0`,
  // Less was in a lot between the use and the moment at which credits came back into it: only then more than is left of it.
  'a use that was reported late took no more of a lot than was in it at each moment since': `
    WITH late AS (
      SELECT u.account_id, u.id, u.at, e.lot_id, max(e.transfer) AS transfer FROM boon.usage u JOIN boon.entries e ON e.transfer IN (u.pool_transfer, u.own_transfer)
      WHERE u.at < u.told_at AND u.pool_part + u.own_part > 0 GROUP BY 1, 2, 3, 4
    ), come_back AS (
      SELECT e.lot_id, e.transfer, e.effective_at FROM boon.entries e WHERE e.amount > 0 AND e.kind NOT IN ('grant', 'gift_received', 'purchased', 'expired')
    )
    SELECT format('use %s of %s at %s took of lot %s, in which was %s before %s', l.id, l.account_id, l.at, l.lot_id, s.balance, c.effective_at) AS detail
    FROM late l JOIN come_back c ON c.lot_id = l.lot_id AND c.transfer < l.transfer AND c.effective_at > l.at
    CROSS JOIN LATERAL (SELECT sum(e.amount) AS balance FROM boon.entries e
      WHERE e.lot_id = l.lot_id AND e.transfer <= l.transfer AND e.effective_at < c.effective_at) s
    WHERE s.balance < 0`,
  // A limit that was told after the use is no matter of the use's. Rows of earlier versions name no window: of their time no limit is known.
  'each use stayed within the limits of its moment': `
    WITH took AS (
      SELECT u.*, 'spending' AS kind, u.account_id AS whose, sum(u.own_part) OVER (PARTITION BY u.account_id, u.own_month ORDER BY u.seq) AS spent
      FROM boon.usage u WHERE u.own_part > 0
      UNION ALL
      SELECT u.*, 'spending', u.pool_id, sum(u.pool_part) OVER (PARTITION BY u.pool_id, u.pool_month ORDER BY u.seq) FROM boon.usage u WHERE u.pool_part > 0
      UNION ALL
      SELECT u.*, 'member', u.account_id, sum(u.pool_part) OVER (PARTITION BY u.pool_id, u.account_id, u.pool_month ORDER BY u.seq) FROM boon.usage u WHERE u.pool_part > 0
    )
    SELECT format('use %s of %s at %s brought what counts of %s to %s of %s', t.id, t.account_id, t.at, t.whose, t.spent, l.most) AS detail
    FROM took t JOIN boon.accounts a ON a.id = t.whose
    LEFT JOIN LATERAL (SELECT x.* FROM boon.account_history x
      WHERE x.account_id = t.whose AND (x.number > t.seq OR t.at < t.told_at AND x.until > t.at) ORDER BY x.number LIMIT 1) h ON true
    CROSS JOIN LATERAL (SELECT CASE t.kind WHEN 'member' THEN CASE WHEN h.number IS NULL THEN a.pool_limit ELSE h.pool_limit END
      ELSE CASE WHEN h.number IS NULL THEN a.spending_limit ELSE h.spending_limit END END AS most) l
    WHERE coalesce(t.five_hour_window, t.weekly_window) IS NOT NULL AND t.spent > l.most`,
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
