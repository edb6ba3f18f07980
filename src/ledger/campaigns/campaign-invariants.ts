/** The invariants of campaigns; see `invariants.ts`. That an account is in one once is its primary key. */

export const CAMPAIGN_INVARIANTS: Readonly<Record<string, string>> = {
  'campaigns count their accounts': `
    SELECT format('campaign %s: %s rows say %s, the tally says %s', coalesce(r.campaign_id, t.campaign_id), coalesce(r.accounts, 0),
      coalesce(r.outcome, t.outcome), coalesce(t.accounts, 0)) AS detail
    FROM (SELECT o.campaign_id, o.outcome, count(*) AS accounts FROM boon.campaign_accounts o GROUP BY 1, 2) r
    FULL JOIN (SELECT x.campaign_id, x.outcome, sum(x.accounts) AS accounts FROM boon.campaign_tallies x GROUP BY 1, 2) t
      ON t.campaign_id = r.campaign_id AND t.outcome = r.outcome
    WHERE coalesce(r.accounts, 0) <> coalesce(t.accounts, 0)`,
  'a campaign that went through everybody granted or excluded each': `
    SELECT format('campaign %s matched %s accounts, %s have an outcome', c.id, c.matched, coalesce(d.accounts, 0)) AS detail
    FROM boon.campaigns c
    LEFT JOIN (SELECT t.campaign_id, sum(t.accounts) AS accounts FROM boon.campaign_tallies t WHERE NOT t.late GROUP BY 1) d ON d.campaign_id = c.id
    WHERE c.status IN ('completed', 'ongoing') AND c.matched IS DISTINCT FROM coalesce(d.accounts, 0)`,
  'campaigns banked the resets that they granted': `
    WITH granted AS (
      SELECT o.campaign_id, o.account_id, c.resets FROM boon.campaigns c
      JOIN boon.campaign_accounts o ON o.campaign_id = c.id AND o.outcome = 'granted' WHERE c.kind = 'grant_reset'
    ), banked AS (
      SELECT r.program AS campaign_id, r.account_id, count(*) AS resets FROM boon.resets r
      WHERE r.source IN ('campaign', 'complimentary') GROUP BY 1, 2
    )
    SELECT format('campaign %s granted account %s %s resets and banked %s', coalesce(g.campaign_id, b.campaign_id),
      coalesce(g.account_id, b.account_id), coalesce(g.resets, 0), coalesce(b.resets, 0)) AS detail
    FROM granted g FULL JOIN banked b ON b.campaign_id = g.campaign_id AND b.account_id = g.account_id
    WHERE coalesce(g.resets, 0) <> coalesce(b.resets, 0)`,
  // One that came back out of a hold may be valid for longer.
  'what a campaign banked is valid as long as its policy says': `
    SELECT format('reset %s of campaign %s, granted at %s, is valid until %s, not for %s', r.id, r.program, r.granted_at, r.expires_at, p.valid_for) AS detail
    FROM boon.resets r JOIN boon.campaigns c ON c.id = r.program JOIN boon.reset_rules p ON p.version = r.policy_version
    WHERE r.source IN ('campaign', 'complimentary') AND r.expires_at <> r.granted_at + p.valid_for AND p.valid_for <= interval '110 years'
      AND NOT (r.expires_at > r.granted_at + p.valid_for AND EXISTS (
        SELECT FROM boon.reset_movements m WHERE m.reset_id = r.id AND m.kind IN ('released', 'held')))`,
  'campaigns moved the credits that they granted': `
    SELECT format('campaign %s granted account %s by transfer %s', o.campaign_id, o.account_id, o.transfer) AS detail
    FROM boon.campaigns c JOIN boon.campaign_accounts o ON o.campaign_id = c.id
    LEFT JOIN boon.transfers t ON t.seq = o.transfer AND t.kind = 'grant' AND t.phase = 'posted' AND t.debit_account = 'boon:issuance'
      AND t.credit_account = o.account_id AND t.amount = c.amount AND t.reference = 'campaign/' || c.id
    WHERE c.kind = 'grant_credits' AND (o.outcome = 'granted') <> (t.seq IS NOT NULL)
    UNION ALL
    SELECT format('transfer %s was granted to %s accounts', o.transfer, count(*)) FROM boon.campaign_accounts o
    WHERE o.transfer IS NOT NULL GROUP BY o.transfer HAVING count(*) > 1`,
};
