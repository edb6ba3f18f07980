/** The invariants of purchases, debts and top-ups; see `invariants.ts`. */

/**
 * The consents of which one was in force when the top-up `p` was made. Clocks of servers may be 2 seconds apart, so that a
 * consent, or its end, may bear a time on the other side of the top-up's: the order in which they came is the ledger's own.
 */
const CONSENTS = `
  SELECT s.given, s.monthly_cap FROM boon.top_up_consents s
  WHERE s.account_id = p.account_id AND s.given AND s.effective_at <= p.created_at + interval '2 seconds' AND NOT EXISTS (
    SELECT FROM boon.top_up_consents n WHERE n.account_id = s.account_id AND n.seq > s.seq AND n.effective_at < p.created_at - interval '2 seconds')`;

export const PURCHASE_INVARIANTS: Readonly<Record<string, string>> = {
  'a paid purchase gave what was bought, once, and no other gave anything': `
    SELECT format('purchase %s of %s credits: transfer of %s', coalesce(p.id, t.reference), boon.credits(p.credits), boon.credits(t.amount)) AS detail
    FROM (SELECT * FROM boon.purchases WHERE paid_at IS NOT NULL AND credits > 0) p
    FULL JOIN (SELECT reference, count(*) AS times, min(seq) AS seq, sum(amount)::bigint AS amount, min(credit_account) AS account, min(effective_at) AS at
               FROM boon.transfers WHERE kind = 'purchase' GROUP BY reference) t ON t.reference = p.id
    LEFT JOIN boon.lots l ON l.id = p.lot_id
    WHERE (1, t.amount, t.account, t.at) IS DISTINCT FROM (t.times, p.credits, p.account_id, p.paid_at)
      OR (l.account_id, l.transfer, l.granted, l.source::text) IS DISTINCT FROM (p.account_id, t.seq, p.credits, 'purchased')
    UNION ALL
    SELECT format('purchase %s of %s resets: %s banked, %s revoked', p.id, p.resets, r.ever, r.revoked) FROM boon.purchases p
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE x.status = 'revoked') AS revoked, count(*) AS ever
      FROM boon.resets x WHERE x.source = 'purchase' AND x.reference = p.id AND x.account_id = p.account_id AND x.from_reset IS NULL) r
    WHERE p.resets > 0 AND CASE WHEN p.paid_at IS NULL THEN r.ever <> 0 ELSE r.ever - r.revoked <> p.resets - p.resets_taken END
    UNION ALL
    SELECT format('%s resets of no purchase "%s"', count(*), x.reference) FROM boon.resets x
    WHERE x.source = 'purchase' AND NOT EXISTS (SELECT FROM boon.purchases p WHERE p.id = x.reference) GROUP BY x.reference`,
  'a purchase has the status of its last movement': `
    WITH last AS (
      SELECT DISTINCT ON (purchase_id) purchase_id, kind, amount FROM boon.purchase_movements
      WHERE kind IN ('created', 'paid', 'expired', 'failed') ORDER BY purchase_id, seq DESC
    )
    SELECT format('purchase %s is %s, its last movement %s', coalesce(p.id, m.purchase_id), p.status, m.kind) AS detail
    FROM boon.purchases p FULL JOIN last m ON m.purchase_id = p.id
    WHERE m.kind::text IS DISTINCT FROM CASE p.status WHEN 'open' THEN 'created' WHEN 'refunded' THEN 'paid' ELSE p.status::text END
      OR (m.kind = 'paid' AND m.amount <> p.paid)`,
  'a purchase lost as much as its money went back': `
    SELECT format('purchase %s: %s of %s went back, %s credits taken, %s owed, %s let go', p.id, b.back, p.paid, p.taken, p.owed, p.let_go) AS detail
    FROM boon.purchases p CROSS JOIN LATERAL (SELECT boon.money_back(p) AS back, boon.money_refunded(p) + boon.money_disputed(p) AS gone) b
    WHERE p.paid_at IS NOT NULL AND (p.taken + p.owed + p.let_go <> boon.share(p.credits, p.paid, b.back)
      OR p.resets_taken + p.resets_kept <> boon.share(p.resets, p.paid, b.back) OR (p.status = 'refunded') <> (b.gone >= p.paid))
    UNION ALL
    SELECT format('purchase %s was not paid and lost something', p.id) FROM boon.purchases p
    WHERE p.paid_at IS NULL AND p.taken + p.owed + p.let_go + p.resets_taken + p.resets_kept > 0`,
  'what refunds gave back is what was heard and asked for, and no more than was paid': `
    WITH heard AS (SELECT purchase_id, max(amount) AS amount FROM boon.purchase_movements WHERE kind = 'refunded' GROUP BY purchase_id)
    SELECT format('purchase %s says %s refunded, %s of it elsewhere; heard of were %s', p.id, p.refunded, p.elsewhere, coalesce(h.amount, 0)) AS detail
    FROM boon.purchases p LEFT JOIN heard h ON h.purchase_id = p.id
    WHERE p.refunded <> coalesce(h.amount, 0) OR p.elsewhere <> boon.refunded_elsewhere(p)
    UNION ALL
    SELECT format('purchase %s: %s of %s go back', p.id, boon.money_refunded(p) + boon.money_refunding(p), p.paid) FROM boon.purchases p
    WHERE p.paid_at IS NOT NULL AND boon.money_refunded(p) + boon.money_refunding(p) > greatest(p.paid, p.refunded)
    UNION ALL
    SELECT format('refund %s is of no paid purchase', r.id) FROM boon.refunds r
    WHERE NOT EXISTS (SELECT FROM boon.purchases p WHERE p.id = r.purchase_id AND p.paid_at IS NOT NULL)`,
  'a refund is what its movements say': `
    WITH moved AS (
      SELECT refund_id, (array_agg(kind ORDER BY seq DESC))[1]::text AS last, count(*) FILTER (WHERE kind = 'requested') AS begun,
        min(amount) AS least, max(amount) AS most, bool_or(kind = 'made') AS made
      FROM boon.refund_movements GROUP BY refund_id
    )
    SELECT format('refund %s of %s is %s, its last movement %s', coalesce(r.id, m.refund_id), r.amount, r.status, m.last) AS detail
    FROM boon.refunds r FULL JOIN moved m ON m.refund_id = r.id
    WHERE (1, r.amount, r.amount) IS DISTINCT FROM (m.begun, m.least, m.most)
      OR m.last IS DISTINCT FROM CASE WHEN r.status <> 'pending' THEN r.status::text WHEN r.provider_id IS NULL THEN 'requested' ELSE 'made' END
      OR (m.made AND r.provider_id IS NULL) OR (r.status = 'succeeded' AND r.provider_id IS NULL)
    UNION ALL
    SELECT format('refunds of purchase %s say %s taken and %s owed, transfers %s and debts %s', r.purchase_id, r.taken, r.owed, t.amount, d.amount)
    FROM (SELECT purchase_id, created_at, sum(taken) AS taken, sum(owed) AS owed FROM boon.refunds GROUP BY 1, 2) r
    CROSS JOIN LATERAL (SELECT coalesce(sum(x.amount), 0) AS amount FROM boon.transfers x
      WHERE x.kind = 'refund' AND x.reference = r.purchase_id AND x.effective_at = r.created_at) t
    CROSS JOIN LATERAL (SELECT coalesce(sum(x.amount), 0) AS amount FROM boon.debt_movements x
      WHERE x.kind = 'incurred' AND x.purchase_id = r.purchase_id AND x.effective_at = r.created_at) d
    WHERE r.taken > t.amount OR r.owed > d.amount`,
  'what refunds took is what their purchases say': `
    SELECT format('purchase %s says %s taken, transfers %s', coalesce(p.id, t.reference), p.taken, t.amount) AS detail
    FROM (SELECT x.id, x.taken - coalesce(sum(d.amount) FILTER (WHERE d.kind = 'returned'), 0) AS net, x.taken FROM boon.purchases x
          LEFT JOIN boon.debt_movements d ON d.purchase_id = x.id GROUP BY x.id) p
    FULL JOIN (SELECT reference, sum(CASE kind WHEN 'refund' THEN amount ELSE -amount END) AS amount FROM boon.transfers
               WHERE kind IN ('refund', 'restoration') GROUP BY reference) t ON t.reference = p.id
    WHERE coalesce(p.net, 0) <> coalesce(t.amount, 0)`,
  'debts are the sum of their movements, and owed by purchases': `
    WITH moved AS (
      SELECT account_id, sum(CASE kind WHEN 'incurred' THEN amount WHEN 'returned' THEN 0 ELSE -amount END) AS amount
      FROM boon.debt_movements GROUP BY account_id
    )
    SELECT format('account %s owes %s, its movements say %s', coalesce(d.account_id, m.account_id), d.amount, m.amount) AS detail
    FROM boon.debts d FULL JOIN moved m ON m.account_id = d.account_id WHERE coalesce(d.amount, 0) <> coalesce(m.amount, 0)
    UNION ALL
    SELECT format('purchase %s is owed %s, its movements say %s', p.id, p.owed, coalesce(m.amount, 0)) FROM boon.purchases p
    LEFT JOIN (SELECT purchase_id, sum(CASE kind WHEN 'incurred' THEN amount ELSE -amount END) AS amount FROM boon.debt_movements
               WHERE kind <> 'paid' GROUP BY purchase_id) m ON m.purchase_id = p.id
    WHERE p.owed <> coalesce(m.amount, 0)
    UNION ALL
    SELECT format('debt of %s paid by %s: %s noted, %s moved', coalesce(m.account_id, t.debit_account), coalesce(m.purchase_id, t.reference), m.amount, t.amount)
    FROM (SELECT * FROM boon.debt_movements WHERE kind = 'paid') m
    FULL JOIN (SELECT * FROM boon.transfers WHERE kind = 'debt') t ON t.reference = m.purchase_id AND t.debit_account = m.account_id
    WHERE m.amount IS DISTINCT FROM t.amount`,
  'top-ups keep to the cap that was consented to': `
    SELECT format('account %s paid %s for top-ups in the month of %s', x.account_id, x.paid, x.month) AS detail
    FROM (SELECT p.account_id, p.month, sum(p.price) AS paid, max(c.monthly_cap) AS cap FROM boon.purchases p
          CROSS JOIN LATERAL (SELECT max(s.monthly_cap) AS monthly_cap FROM (${CONSENTS}) s) c
          WHERE p.kind = 'top_up' AND p.status IN ('open', 'paid', 'refunded') GROUP BY p.account_id, p.month) x
    WHERE x.cap IS NULL OR x.paid > x.cap
    UNION ALL
    SELECT format('top-up %s of %s had no consent', p.id, p.account_id) FROM boon.purchases p
    WHERE p.kind = 'top_up' AND NOT EXISTS (${CONSENTS})`,
};
