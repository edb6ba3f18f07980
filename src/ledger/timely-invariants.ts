/**
 * What should have happened by now; see `invariants.ts`. `$1` is the moment, which the caller tells. Sweeps run each minute
 * and each five minutes: what they have not done after a quarter of an hour they do not do.
 */
export const TIMELY_INVARIANTS: Readonly<Record<string, string>> = {
  'no gift is overdue': `
    SELECT format('gift %s is %s since its deadline at %s', g.id, g.status, g.deadline) AS detail FROM boon.gifts g
    WHERE g.deadline < $1::timestamptz - interval '15 minutes'`,
  'no expiry is overdue': `
    SELECT format('lot %s of %s expired at %s with %s left', l.id, l.account_id, l.expires_at, boon_code.credits(l.remaining)) AS detail FROM boon.lots l
    WHERE l.open AND l.expires_at < $1::timestamptz - interval '15 minutes'
    UNION ALL
    SELECT format('reset %s of %s expired at %s', r.id, r.account_id, r.expires_at) FROM boon.resets r
    WHERE r.status = 'available' AND r.expires_at < $1::timestamptz - interval '15 minutes'
    UNION ALL
    SELECT format('referral %s is %s since it expired at %s', r.id, r.status, r.expires_at) FROM boon.referrals r
    WHERE r.status IN ('invited', 'joined') AND r.expires_at < $1::timestamptz - interval '15 minutes'`,
  'no transfer is long unsealed': `
    SELECT format('%s transfers are unsealed, the oldest since %s', u.transfers, u.oldest_at) AS detail FROM boon_code.unsealed() u
    WHERE u.oldest_at < $1::timestamptz - interval '15 minutes'`,
  'no letter waits untried, or beyond its day': `
    SELECT format('letter %s is due since %s, tried %s times', l.id, l.due_at, l.tries) AS detail FROM boon.letters l
    CROSS JOIN LATERAL boon_code.letter_duty(l) d LEFT JOIN boon.stuck_items s ON s.what = d.what AND s.item = d.item
    WHERE l.status = 'due' AND (
      l.due_at + boon_code.letter_day() < $1::timestamptz - interval '15 minutes'
      -- While the mail server is away, or nothing can be mailed at all, that is what is told of.
      OR (d.what = 'letters' AND greatest(l.due_at, l.held_until, s.next_try_at) < $1::timestamptz - interval '15 minutes'
        AND NOT EXISTS (SELECT FROM boon.stuck_items x WHERE x.what = d.what AND x.item = '*')))`,
};
