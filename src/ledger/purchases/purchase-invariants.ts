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
    SELECT format('purchase %s of %s credits: transfer of %s', coalesce(p.id, t.reference), boon_code.credits(p.credits), boon_code.credits(t.amount)) AS detail
    FROM (SELECT * FROM boon.purchases WHERE paid_at IS NOT NULL AND credits > 0) p
    FULL JOIN (SELECT reference, count(*) AS times, min(seq) AS seq, sum(amount)::bigint AS amount, min(credit_account) AS account, min(effective_at) AS at
               FROM boon.transfers WHERE kind = 'purchase' GROUP BY reference) t ON t.reference = p.id
    LEFT JOIN boon.lots l ON l.id = p.lot_id
    WHERE (1, t.amount, t.account, t.at) IS DISTINCT FROM (t.times, p.credits, p.account_id, p.paid_at)
      OR (l.account_id, l.transfer, l.granted, l.source::text) IS DISTINCT FROM (p.account_id, t.seq, p.credits, 'purchased')
    UNION ALL
    SELECT format('purchase %s of %s resets: %s banked, %s revoked', p.id, p.resets, r.ever, r.revoked) FROM boon.purchases p
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE x.status = 'revoked') AS revoked, count(*) AS ever FROM boon_code.last_resets(p.account_id, 'purchase', p.id) x) r
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
    FROM boon.purchases p CROSS JOIN LATERAL (SELECT boon_code.money_back(p) AS back, boon_code.money_refunded(p) + boon_code.money_disputed(p) AS gone) b
    WHERE p.paid_at IS NOT NULL AND (p.taken + p.owed + p.let_go <> boon_code.share(p.credits, p.paid, b.back)
      OR p.resets_taken + p.resets_kept <> boon_code.share_of_resets(p.resets, p.paid, b.back) OR (p.status = 'refunded') <> (b.gone >= p.paid))
    UNION ALL
    SELECT format('purchase %s was not paid and lost something', p.id) FROM boon.purchases p
    WHERE p.paid_at IS NULL AND p.taken + p.owed + p.let_go + p.resets_taken + p.resets_kept > 0`,
  'what refunds gave back is what was heard and asked for, and no more than was paid': `
    SELECT format('purchase %s says %s refunded elsewhere; reported were %s', p.id, p.elsewhere, h.amount) AS detail
    FROM boon.purchases p CROSS JOIN LATERAL (SELECT boon_code.refunded_elsewhere(p) AS amount) h WHERE p.elsewhere <> h.amount
    UNION ALL
    SELECT format('purchase %s: %s of %s were asked to go back', p.id, b.own, p.paid) FROM boon.purchases p
    CROSS JOIN LATERAL (SELECT boon_code.money_refunded(p) - p.elsewhere + boon_code.money_refunding(p) AS own) b
    WHERE p.paid_at IS NOT NULL AND b.own > p.paid
    UNION ALL
    SELECT format('refund %s is %s, at the provider %s', r.id, r.status, x.status) FROM boon.refunds r
    FULL JOIN (SELECT * FROM boon.provider_refunds WHERE refund_id IS NOT NULL) x ON x.refund_id = r.id
    WHERE (r.provider_id IS NOT NULL OR x.id IS NOT NULL) AND (x.id, x.purchase_id, x.amount, x.status) IS DISTINCT FROM (r.provider_id, r.purchase_id, r.amount, r.status)
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
    SELECT format('%s was owed for "%s", which is neither a purchase nor a reward that was taken back', m.amount, m.purchase_id)
    FROM (SELECT account_id, purchase_id, sum(amount) AS amount FROM boon.debt_movements WHERE kind = 'incurred' GROUP BY 1, 2) m
    WHERE NOT EXISTS (SELECT FROM boon.purchases p WHERE p.id = m.purchase_id AND p.account_id = m.account_id)
      AND NOT EXISTS (SELECT FROM boon.referral_rewards w WHERE w.referral_id = m.purchase_id AND w.account_id = m.account_id AND w.credits_owed = m.amount)
    UNION ALL
    SELECT format('account %s paid %s of debts that it did not have: %s were given back', coalesce(m.account_id, k.account_id), m.amount, k.amount)
    FROM (SELECT account_id, sum(amount) AS amount FROM boon.debt_movements WHERE kind = 'returned' GROUP BY 1) m
    FULL JOIN (SELECT account_id, sum(given_back) AS amount FROM boon.takings WHERE movement IS NOT NULL GROUP BY 1) k USING (account_id)
    WHERE coalesce(m.amount, 0) <> coalesce(k.amount, 0)`,
  'what was taken for money or a debt is noted lot by lot, and so is what was given back': `
    SELECT format('transfer %s took %s, noted are %s', coalesce(t.seq, k.transfer), t.amount, k.amount) AS detail
    FROM (SELECT * FROM boon.transfers WHERE kind IN ('refund', 'debt')) t FULL JOIN boon.takings k ON k.transfer = t.seq
    LEFT JOIN boon.entries e ON e.transfer = t.seq LEFT JOIN boon.debt_movements m ON m.seq = k.movement
    WHERE (k.amount, k.account_id, k.lot_id, k.purchase_id) IS DISTINCT FROM
        (t.amount, t.debit_account, e.lot_id, CASE t.kind WHEN 'refund' THEN t.reference END)
      OR (t.kind = 'debt' AND (m.kind, m.account_id, m.amount) IS DISTINCT FROM ('paid', t.debit_account, t.amount))
    UNION ALL
    SELECT format('payment %s of a debt took nothing', m.seq) FROM boon.debt_movements m
    WHERE m.kind = 'paid' AND NOT EXISTS (SELECT FROM boon.takings k WHERE k.movement = m.seq)
    UNION ALL
    SELECT format('account %s was given back %s, noted are %s', coalesce(t.account_id, k.account_id), t.amount, k.amount)
    FROM (SELECT credit_account AS account_id, sum(amount) AS amount FROM boon.transfers WHERE kind = 'restoration' GROUP BY 1) t
    FULL JOIN (SELECT account_id, sum(given_back) AS amount FROM boon.takings GROUP BY 1) k USING (account_id)
    WHERE coalesce(t.amount, 0) <> coalesce(k.amount, 0)`,
  'what a purchase brought is left, on hold, spent, given, expired or taken back': `
    WITH RECURSIVE family AS (
      SELECT p.id, p.lot_id FROM boon.purchases p WHERE p.lot_id IS NOT NULL
      UNION ALL
      SELECT f.id, l.id FROM family f JOIN boon.lots l ON l.continues = f.lot_id
    ), moved AS (
      SELECT f.id, -sum(e.amount) FILTER (WHERE e.kind IN ('gift_held', 'gift_returned', 'gift_recovered')) AS held_or_given,
        -sum(e.amount) FILTER (WHERE e.kind = 'usage') AS spent, -sum(e.amount) FILTER (WHERE e.kind = 'expired') AS expired,
        sum(e.amount) FILTER (WHERE e.kind = 'restored') AS restored
      FROM family f JOIN boon.entries e ON e.lot_id = f.lot_id GROUP BY f.id
    ), part AS (
      SELECT p.*, l.amount AS remaining, coalesce(m.held_or_given, 0) AS held_or_given, coalesce(m.spent, 0) AS spent, coalesce(m.expired, 0) AS expired,
        coalesce(b.amount, 0) - coalesce(m.restored, 0) AS gone_back, coalesce(k.amount, 0) AS for_its_money
      FROM boon.purchases p
      JOIN (SELECT f.id, sum(x.remaining) AS amount FROM family f JOIN boon.lots x ON x.id = f.lot_id GROUP BY f.id) l ON l.id = p.id
      LEFT JOIN moved m ON m.id = p.id
      LEFT JOIN (SELECT f.id, sum(x.amount) AS amount FROM family f JOIN boon.takings x ON x.lot_id = f.lot_id GROUP BY f.id) b ON b.id = p.id
      LEFT JOIN (SELECT x.purchase_id, sum(x.amount - x.given_back) AS amount FROM boon.takings x GROUP BY 1) k ON k.purchase_id = p.id
    )
    SELECT format('purchase %s of %s: %s left, %s held or given, %s spent, %s expired, %s taken back', id, credits, remaining, held_or_given,
      spent, expired, gone_back) AS detail
    FROM part WHERE credits <> remaining + held_or_given + spent + expired + gone_back OR held_or_given < 0 OR taken <> for_its_money OR let_go > expired`,
  'nothing is left or on hold of what is owed because its money went back': `
    SELECT format('purchase %s: %s of its credits are owed, and %s are there', p.id, p.owed, l.amount) AS detail FROM boon.purchases p
    CROSS JOIN LATERAL (SELECT sum(x.remaining) AS amount FROM boon.lots x WHERE x.id IN (SELECT boon_code.lot_family(p.lot_id))) l
    WHERE p.owed > 0 AND l.amount > 0
    UNION ALL
    SELECT format('gift %s rests on purchase %s, whose money went back', g, p.id) FROM boon.purchases p
    CROSS JOIN LATERAL boon_code.gifts_that_rest_on(ARRAY[p.id], '{}') g
    WHERE p.owed > 0 OR p.resets_kept > 0 OR (p.credits > 0 AND p.taken + p.owed + p.let_go = p.credits)
    UNION ALL
    SELECT format('reset %s of purchase %s is in the bank, its money went back', r.id, p.id) FROM boon.purchases p
    CROSS JOIN LATERAL boon_code.last_resets(p.account_id, 'purchase', p.id) r
    WHERE p.resets_kept > 0 AND r.status = 'available' AND r.expires_at > (
      SELECT max(m.at) FROM (SELECT x.effective_at AS at FROM boon.purchase_movements x WHERE x.purchase_id = p.id
        UNION ALL SELECT x.effective_at FROM boon.refunds f JOIN boon.refund_movements x ON x.refund_id = f.id WHERE f.purchase_id = p.id) m)
    UNION ALL
    SELECT format('gift %s rests on a reward of referral %s that was taken back', g, w.referral_id) FROM boon.referral_rewards w
    CROSS JOIN LATERAL boon_code.gifts_that_rest_on('{}', ARRAY[w.referral_id]) g WHERE w.resets_back IS NOT NULL`,
  'a purchase was paid its price, and by one payment': `
    SELECT format('purchase %s of %s was paid %s, %s of it tax', p.id, p.price, p.paid, p.tax) AS detail FROM boon.purchases p
    WHERE p.paid_at IS NOT NULL AND p.tax IS NOT NULL AND p.paid - p.tax <> p.price
    UNION ALL
    SELECT format('case %s is of the payment %s that paid %s', c.id, c.payment_id, p.id) FROM boon.payment_cases c
    JOIN boon.purchases p ON p.payment_id = c.payment_id AND p.id = c.subject_id
    WHERE c.status <> 'closed' AND c.reason::text <> 'provider_differs'
    UNION ALL
    SELECT format('case %s waits for %s, which is %s', c.id, c.subject_id, p.status) FROM boon.payment_cases c
    LEFT JOIN boon.purchases p ON p.id = c.subject_id WHERE c.status = 'waiting' AND p.status IS DISTINCT FROM 'open'
    UNION ALL
    SELECT format('case %s has no event', c.id) FROM boon.payment_cases c
    WHERE c.status <> 'waiting' AND NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = c.id AND e.type = 'case.opened')`,
  'a top-up is of the package and the price consented to': `
    SELECT format('top-up %s of %s is %s at %s, consented to were %s at %s', p.id, p.account_id, p.package, p.price, c.package, c.price) AS detail
    FROM boon.purchases p CROSS JOIN LATERAL (SELECT s.* FROM boon.top_up_consents s
      WHERE s.account_id = p.account_id AND s.effective_at <= p.created_at AND s.given ORDER BY s.seq DESC LIMIT 1) c
    WHERE p.kind = 'top_up' AND c.price IS NOT NULL AND (p.package, p.credits, p.price, p.currency) <> (c.package, c.credits, c.price, c.currency)`,
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
