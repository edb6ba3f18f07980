/** The invariants of letters; see `invariants.ts`. */
export const LETTER_INVARIANTS: Readonly<Record<string, string>> = {
  'a letter tells of what there is': `
    SELECT format('letter %s is %s, and there is no such %s', l.id, l.status, l.kind) AS detail FROM boon.letters l
    WHERE NOT CASE l.kind
      WHEN 'claim' THEN EXISTS (SELECT FROM boon.gifts g WHERE g.id = l.subject AND g.email_sealed IS NOT NULL)
      WHEN 'invitation' THEN EXISTS (SELECT FROM boon.referrals r WHERE r.id = l.subject)
      WHEN 'reward' THEN EXISTS (SELECT FROM boon.referral_rewards w WHERE w.referral_id = l.subject AND w.recipient::text = l.which)
      WHEN 'purchase' THEN EXISTS (SELECT FROM boon.purchases p WHERE p.id = l.subject AND p.paid_at IS NOT NULL)
      WHEN 'top_up_unpaid' THEN EXISTS (SELECT FROM boon.purchases p WHERE p.id = l.subject AND p.kind = 'top_up')
      WHEN 'refund' THEN EXISTS (SELECT FROM boon.refunds r WHERE r.id = l.subject)
      WHEN 'invoice' THEN EXISTS (SELECT FROM boon.invoices v WHERE v.id = l.subject)
      WHEN 'reset_reminder' THEN EXISTS (SELECT FROM boon.resets r WHERE r.id::text = l.subject)
      ELSE EXISTS (SELECT FROM boon.lots x WHERE x.id::text = l.subject) END`,
  'a letter that was sent is noted as sent wherever that is noted': `
    SELECT format('reminder of reset %s, %s before, is noted as %s, its letter as %s', r.reset_id, r.before, r.outcome, l.status) AS detail
    FROM boon.reset_reminders r JOIN boon.letters l ON l.id = concat_ws('/', 'reset_reminder', r.reset_id, r.before) WHERE r.outcome = 'sent' AND l.status <> 'sent'
    UNION ALL
    SELECT format('reminder of lot %s, %s before, is noted as %s, its letter as %s', r.lot_id, r.before, r.outcome, l.status)
    FROM boon.credit_reminders r JOIN boon.letters l ON l.id = concat_ws('/', 'credit_reminder', r.lot_id, r.before) WHERE r.outcome = 'sent' AND l.status <> 'sent'
    UNION ALL
    SELECT format('invoice %s is noted as mailed, its letter as %s', v.id, l.status) FROM boon.invoices v
    JOIN boon.letters l ON l.id = 'invoice/' || v.id WHERE v.notice = 'sent' AND l.status <> 'sent'`,
};
