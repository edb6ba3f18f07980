/** The invariants of flexible billing; see `invariants.ts`. */
export const BILLING_INVARIANTS: Readonly<Record<string, string>> = {
  'what is to be invoiced equals its uses and transfers': `
    SELECT format('charge %s of %s (%s): transfer %s of %s', c.usage_id, c.member_id, c.amount, t.seq, t.amount) AS detail
    FROM boon.charges c FULL JOIN (SELECT * FROM boon.transfers WHERE kind = 'charge') t ON t.seq = c.transfer
    WHERE (c.amount, c.usage_id, c.at, 'boon:receivable', 'boon:revenue', 'posted') IS DISTINCT FROM
      (t.amount, t.reference, t.effective_at, t.debit_account, t.credit_account, t.phase::text)
    UNION ALL
    SELECT format('use %s of %s says %s is invoiced, its charge %s', u.id, u.account_id, u.invoice_part, c.amount)
    FROM boon.usage u LEFT JOIN boon.charges c ON c.transfer = u.invoice_transfer
    WHERE u.invoice_part > 0 AND (c.member_id, c.usage_id, c.at, c.product, c.model, c.units, c.amount) IS DISTINCT FROM
      (u.account_id, u.id, u.at, u.product, u.model, u.units, u.invoice_part)
    UNION ALL
    SELECT format('charge %s of %s has no use', c.usage_id, c.member_id) FROM boon.charges c
    WHERE EXISTS (SELECT FROM boon.usage_months m WHERE m.dropped_at IS NULL AND m.month = date_trunc('month', c.at AT TIME ZONE 'UTC')::date)
      AND NOT EXISTS (SELECT FROM boon.usage u WHERE u.account_id = c.member_id AND u.id = c.usage_id AND u.at = c.at AND u.invoice_transfer = c.transfer)`,
  'billing months add up to their charges': `
    SELECT format('the month of %s from %s came to %s, its charges to %s', coalesce(m.org_id, c.org_id), coalesce(m.month, c.month), m.charged, c.amount) AS detail
    FROM boon.billing_months m
    FULL JOIN (SELECT org_id, month, sum(amount) AS amount FROM boon.charges GROUP BY 1, 2) c ON c.org_id = m.org_id AND c.month = m.month
    WHERE m.charged IS DISTINCT FROM c.amount
    UNION ALL
    SELECT format('member %s of %s from %s: %s counted, charges say %s', coalesce(b.member_id, c.member_id), coalesce(b.org_id, c.org_id),
      coalesce(b.month, c.month), b.charged, c.amount)
    FROM boon.billed_members b
    FULL JOIN (SELECT org_id, month, member_id, sum(amount) AS amount FROM boon.charges GROUP BY 1, 2, 3) c
      ON c.org_id = b.org_id AND c.month = b.month AND c.member_id = b.member_id
    WHERE b.charged IS DISTINCT FROM c.amount
    UNION ALL
    SELECT format('charge %s of %s brought the month to %s, not %s', s.usage_id, s.member_id, s.charged_after, s.running)
    FROM (SELECT c.*, sum(c.amount) OVER (PARTITION BY c.org_id, c.month ORDER BY c.transfer) AS running FROM boon.charges c) s
    WHERE s.charged_after <> s.running`,
  'billing months do not overlap': `
    SELECT format('months of %s from %s and %s', a.org_id, a.month, b.month) AS detail FROM boon.billing_months a
    JOIN boon.billing_months b ON b.org_id = a.org_id AND b.starts_at > a.starts_at AND b.starts_at < a.ends_at`,
  'invoices equal charges: each is in exactly one, or in a month that is not closed': `
    SELECT format('the month of %s from %s is %s and has %s', m.org_id, m.month, CASE WHEN m.closed_at IS NULL THEN 'open' ELSE 'closed' END,
      coalesce('invoice ' || v.id || ' of ' || v.credits, 'no invoice')) AS detail
    FROM boon.billing_months m FULL JOIN boon.invoices v ON v.org_id = m.org_id AND v.month = m.month
    WHERE v.credits IS DISTINCT FROM CASE WHEN m.closed_at IS NOT NULL THEN m.charged END
    UNION ALL
    SELECT format('invoice %s says %s of %s %s for %s, its charges %s', coalesce(l.invoice_id, c.id), l.credits, l.product, l.model, coalesce(l.member_id, c.member_id), c.credits)
    FROM boon.invoice_lines l
    FULL JOIN (SELECT v.id, x.member_id, x.product, x.model, count(*) AS uses, sum(x.units) AS units, sum(x.amount) AS credits
               FROM boon.invoices v JOIN boon.charges x ON x.org_id = v.org_id AND x.month = v.month GROUP BY 1, 2, 3, 4) c
      ON c.id = l.invoice_id AND c.member_id = l.member_id AND c.product = l.product AND coalesce(c.model, '') = coalesce(l.model, '')
    WHERE (l.uses, l.units, l.credits) IS DISTINCT FROM (c.uses, c.units, c.credits)
    UNION ALL
    SELECT format('invoice %s comes to %s, its lines to %s, its charges to %s', v.id, v.amount, l.amount, boon_code.invoice_price(v.credits, r.hundred_credits))
    FROM boon.invoices v JOIN boon.invoice_rules r ON r.version = v.policy_version
    LEFT JOIN (SELECT invoice_id, sum(amount) AS amount FROM boon.invoice_lines GROUP BY 1) l ON l.invoice_id = v.id
    WHERE (v.amount::numeric, v.amount, v.currency) IS DISTINCT FROM (l.amount, boon_code.invoice_price(v.credits, r.hundred_credits), r.currency)`,
  'an invoice is paid once, by its transfer': `
    SELECT format('invoice %s is %s, its transfer moved %s', coalesce(v.id, t.reference), v.status, t.amount) AS detail FROM boon.invoices v
    FULL JOIN (SELECT reference, sum(amount) AS amount, min(effective_at) AS at FROM boon.transfers
               WHERE kind = 'payment' AND debit_account = 'boon:payments' AND credit_account = 'boon:receivable' GROUP BY reference) t ON t.reference = v.id
    WHERE (CASE WHEN v.status = 'paid' THEN v.credits - v.credited END, v.paid_at) IS DISTINCT FROM (t.amount, t.at)
    UNION ALL
    SELECT format('%s is receivable, neither paid, credited nor void are %s', r.amount, o.amount) FROM
      (SELECT coalesce(sum(CASE debit_account WHEN 'boon:receivable' THEN amount ELSE -amount END), 0) AS amount FROM boon.transfers
       WHERE 'boon:receivable' IN (debit_account, credit_account)) r,
      (SELECT (SELECT coalesce(sum(amount), 0) FROM boon.charges) - (SELECT coalesce(sum(CASE WHEN status IN ('paid', 'void') THEN credits ELSE credited END), 0) FROM boon.invoices) AS amount) o
    WHERE r.amount <> o.amount`,
  'a correction takes back what its transfer says': `
    SELECT format('correction %s of %s, its transfer %s of %s', c.id, c.credits, t.seq, t.amount) AS detail
    FROM boon.invoice_corrections c FULL JOIN (SELECT * FROM boon.transfers WHERE kind = 'correction') t ON t.seq = c.transfer
    WHERE (c.credits, c.id, c.effective_at, 'boon:revenue', 'boon:receivable', 'posted') IS DISTINCT FROM
      (t.amount, t.reference, t.effective_at, t.debit_account, t.credit_account, t.phase::text)`,
  'invoices are credited and void as their corrections say': `
    SELECT format('invoice %s is %s, credited with %s (%s), its corrections say %s (%s)', v.id, v.status, v.credited, v.credited_amount, c.credits, c.amount) AS detail
    FROM boon.invoices v CROSS JOIN LATERAL (
      SELECT coalesce(sum(x.credits) FILTER (WHERE x.kind = 'credit'), 0) AS credits, coalesce(sum(x.amount) FILTER (WHERE x.kind = 'credit'), 0) AS amount,
        sum(x.credits) FILTER (WHERE x.kind = 'void') AS void_credits, sum(x.amount) FILTER (WHERE x.kind = 'void') AS void_amount,
        max(x.effective_at) FILTER (WHERE x.kind = 'void') AS voided_at, bool_or(t.correction_id IS NULL) AS behind
      FROM boon.invoice_corrections x LEFT JOIN boon.told_corrections t ON t.correction_id = x.id WHERE x.invoice_id = v.id) c
    WHERE (v.credited, v.credited_amount) <> (c.credits, c.amount) OR v.provider_behind <> coalesce(c.behind, false)
      OR (v.voided_at, CASE v.status WHEN 'void' THEN v.credits - v.credited END, CASE v.status WHEN 'void' THEN v.amount - v.credited_amount END)
        IS DISTINCT FROM (c.voided_at, c.void_credits, c.void_amount)
    UNION ALL
    SELECT format('correction %s has number %s and takes %s of %s credits for %s of %s', s.id, s.number, s.credits, v.credits, s.amount, v.amount)
    FROM (SELECT x.*, row_number() OVER w AS place, sum(x.amount) OVER w AS so_far, sum(x.credits) OVER w AS credits_so_far
          FROM boon.invoice_corrections x WINDOW w AS (PARTITION BY x.invoice_id ORDER BY x.number)) s
    JOIN boon.invoices v ON v.id = s.invoice_id
    WHERE s.number <> s.place OR s.credits_so_far <> div(s.so_far * v.credits, v.amount)`,
  'every invoice has its movements': `
    SELECT format('invoice %s', v.id) AS detail FROM boon.invoices v
    WHERE ARRAY(SELECT x.kind::text FROM boon.invoice_movements x WHERE x.invoice_id = v.id AND x.kind NOT IN ('credited', 'voided', 'provider_disagreed')
        ORDER BY x.kind) IS DISTINCT FROM array_remove(
      ARRAY['issued', CASE WHEN v.provider_id IS NOT NULL THEN 'drafted' END, CASE WHEN v.provider_since IS NOT NULL THEN 'sent_to_provider' END,
        CASE WHEN v.notice IS NOT NULL THEN 'notified' END, CASE WHEN v.status = 'paid' THEN 'paid' END], NULL)
    UNION ALL
    SELECT format('correction %s of %s, movement %s of %s', c.id, c.invoice_id, m.reference, m.invoice_id) FROM boon.invoice_corrections c
    FULL JOIN (SELECT * FROM boon.invoice_movements WHERE kind IN ('credited', 'voided')) m ON m.reference = c.id
    WHERE (c.invoice_id, c.said_by, c.effective_at, CASE c.kind WHEN 'void' THEN 'voided' ELSE 'credited' END)
      IS DISTINCT FROM (m.invoice_id, m.said_by, m.effective_at, m.kind::text)`,
};
