/** The invariants of lots and of who owns them: their terms are those of their grant; see `invariants.ts`. */

/** Whether credits came back into a lot: then it may expire later than it was granted for. */
const cameBack = (lot: string) =>
  `EXISTS (SELECT FROM boon.entries b WHERE b.lot_id = ${lot}.id AND b.kind IN ('gift_returned', 'gift_recovered', 'restored'))`;

/**
 * Whether a lot expires when its grant said, or later since credits came back. An earlier version granted beyond the last year that
 * an answer can tell: those lots last a hundred years.
 */
const expiresAs = (lot: string, said: string) =>
  `(${lot}.expires_at IS NOT DISTINCT FROM ${said} OR (${lot}.expires_at > ${said} AND ${cameBack(lot)})
    OR (${said} >= '9999-01-01 00:00+00' AND ${lot}.expires_at = ${lot}.granted_at + interval '100 years'))`;

export const LOT_INVARIANTS: Readonly<Record<string, string>> = {
  'a lot has the terms of its grant': `
    SELECT format('lot %s of %s: %s, %s, expires %s, for %s; its event says %s', l.id, l.account_id, l.source,
      CASE WHEN l.giftable THEN 'giftable' ELSE 'not giftable' END, l.expires_at, coalesce(l.products::text, 'all'), e.data) AS detail
    FROM boon.transfers t JOIN boon.lots l ON l.transfer = t.seq
    LEFT JOIN boon.events e ON e.type = 'credits.granted' AND e.subject = l.id::text
    WHERE t.kind = 'grant' AND l.continues IS NULL AND NOT coalesce(
      (l.source::text, l.giftable, boon_code.credits(l.granted), ARRAY[l.account_id], l.granted_at)
        = (e.data ->> 'source', (e.data ->> 'giftable')::boolean, e.data ->> 'granted', e.accounts, e.effective_at)
      AND to_jsonb(l.products) IS NOT DISTINCT FROM nullif(e.data -> 'products', 'null') AND ${expiresAs('l', `(e.data ->> 'expires_at')::timestamptz`)}, false)
    UNION ALL
    SELECT format('lot %s of purchase %s: %s, %s, expires %s, for %s', l.id, p.id, l.source,
      CASE WHEN l.giftable THEN 'giftable' ELSE 'not giftable' END, l.expires_at, coalesce(l.products::text, 'all'))
    FROM boon.transfers t JOIN boon.lots l ON l.transfer = t.seq
    LEFT JOIN boon.purchases p ON p.lot_id = l.id LEFT JOIN boon.purchase_rules r ON r.version = p.policy_version
    WHERE t.kind = 'purchase' AND l.continues IS NULL AND NOT coalesce(l.source = 'purchased' AND l.giftable AND l.products IS NULL AND l.granted_at = p.paid_at
      AND ${expiresAs('l', 'p.paid_at + r.credits_valid_for')}, false)
    UNION ALL
    SELECT format('lot %s of gift %s: %s, %s, expires %s, for %s', l.id, g.id, l.source,
      CASE WHEN l.giftable THEN 'giftable' ELSE 'not giftable' END, l.expires_at, coalesce(l.products::text, 'all'))
    FROM boon.transfers t JOIN boon.lots l ON l.transfer = t.seq LEFT JOIN boon.lots f ON f.id = l.from_lot
    LEFT JOIN boon.gifts g ON g.id = t.reference LEFT JOIN boon.policies p ON p.version = g.policy_version
    WHERE t.kind = 'gift' AND l.continues IS NULL AND NOT coalesce(
      l.source = 'gifted' AND l.giftable = p.regift AND l.products IS NOT DISTINCT FROM f.products AND l.granted_at = g.settled_at
      AND CASE WHEN ${cameBack('f')} OR f.first_expires_at IS NOT NULL OR f.expires_at <= g.settled_at THEN true
        ELSE ${expiresAs('l', 'least(f.expires_at, g.settled_at + p.gifted_valid_for)')} END
      AND (l.expires_at <= g.settled_at + p.gifted_valid_for OR ${cameBack('l')}), false)
    UNION ALL
    SELECT format('lot %s was made by a transfer of kind %s', l.id, t.kind) FROM boon.lots l LEFT JOIN boon.transfers t ON t.seq = l.transfer
    WHERE l.continues IS NULL AND (t.kind IS NULL OR t.kind NOT IN ('grant', 'purchase', 'gift'))
    UNION ALL
    SELECT format('lot %s goes on from lot %s with other terms', l.id, l.continues) FROM boon.lots l LEFT JOIN boon.lots o ON o.id = l.continues
    WHERE l.continues IS NOT NULL AND (l.account_id, l.source, l.giftable, l.granted_at, l.products)
      IS DISTINCT FROM (o.account_id, o.source, o.giftable, o.granted_at, o.products)`,
  'a grant has the write that asked for it': `
    SELECT format('transfer %s grants %s to %s, and nothing asked for it', t.seq, boon_code.credits(t.amount), t.credit_account) AS detail
    FROM boon.transfers t LEFT JOIN boon.lots l ON l.transfer = t.seq
    WHERE t.kind = 'grant'
      AND NOT EXISTS (SELECT FROM boon.idempotency_keys k WHERE k.result -> 'lot' ->> 'id' = l.id::text)
      AND NOT EXISTS (SELECT FROM boon.referral_rewards w WHERE w.lot_id = l.id AND w.referral_id = t.reference)
      AND NOT EXISTS (SELECT FROM boon.campaign_accounts o WHERE o.transfer = t.seq AND t.reference = 'campaign/' || o.campaign_id AND o.outcome = 'granted')`,
  'who has something is an account': `
    SELECT format('%s has %s and is no account', x.id, x.has) AS detail FROM (
      SELECT a.id, 'a balance' AS has FROM boon.ledger_accounts a WHERE a.id <> 'boon:promotional'
      UNION ALL SELECT DISTINCT r.account_id, 'banked resets' FROM boon.resets r
      UNION ALL SELECT DISTINCT p.account_id, 'purchases' FROM boon.purchases p
      UNION ALL SELECT DISTINCT r.referrer_id, 'referrals' FROM boon.referrals r
      UNION ALL SELECT DISTINCT g.sender_id, 'gifts' FROM boon.gifts g
      UNION ALL SELECT DISTINCT g.recipient_id, 'gifts' FROM boon.gifts g WHERE g.recipient_id IS NOT NULL
      UNION ALL SELECT DISTINCT m.org_id, 'billing months' FROM boon.billing_months m) x
    WHERE x.id <> 'boon:promotional' AND NOT EXISTS (SELECT FROM boon.accounts a WHERE a.id = x.id)
    UNION ALL
    SELECT format('account %s has no balance', a.id) FROM boon.accounts a WHERE NOT EXISTS (SELECT FROM boon.ledger_accounts l WHERE l.id = a.id)`,
};
