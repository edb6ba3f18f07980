/** For tests of `verify`: changes of its scene with which a check finds nothing wrong, though they come near to what it looks for. */

const RESTORED = 'a redemption spent its reset on something, and restored both windows';
const NEXT_DAY = `'2026-03-11T12:00:00Z'`;
/** One of cleo's resets has expired while she had used something. */
const CLEOS_EXPIRED = `UPDATE boon.resets SET status = 'expired', granted_at = '2026-03-10T12:00:00Z', expires_at = ${NEXT_DAY}
  WHERE program = 'cleo';`;
const autoRedeem = (id: string) =>
  `UPDATE boon.accounts SET auto_redeem = true, updated_at = '2026-01-01' WHERE id = '${id}';`;
/** Ann's redemption, as one that came at the last moment of its reset. */
const AT_LAST_MOMENT = `UPDATE boon.redemptions SET request_id = 'boon:last-moment/' || reset_id;`;
const cameBack = (after: string) => `
  UPDATE boon.resets b SET granted_at = x.at, posted_at = x.at, expires_at = greatest(r.expires_at, x.at + p.return_within)
  FROM boon.resets r JOIN boon.reset_rules p ON p.version = r.policy_version
  CROSS JOIN LATERAL (SELECT r.redeemed_at + p.return_within + interval '${after}' AS at) x
  WHERE b.from_reset = r.id AND b.source = 'return'`;
const BACK = 'a reset comes back once, to its owner, after it was redeemed';

/** What comes just beyond them, and is found. */
export const NEAR_DAMAGES: [string, string, string][] = [
  [RESTORED, 'an expired reset that was to be redeemed', `${CLEOS_EXPIRED} ${autoRedeem('cleo')}`],
  [
    RESTORED,
    'more redeemed at the last moment than its window had used',
    `${AT_LAST_MOMENT} UPDATE boon.redemptions SET weekly_used = weekly_used + 1`,
  ],
  [BACK, 'a reset that came back too late', cameBack('1 microsecond')],
  [
    'debts are the sum of their movements, and owed by purchases',
    'a debt for another reward of as much',
    `UPDATE boon.debt_movements SET purchase_id = 'nothing' WHERE purchase_id IS NOT NULL; UPDATE boon.purchases SET owed = 0;
     UPDATE boon.referral_rewards SET account_id = 'pam', credits_owed = (SELECT sum(amount) FROM boon.debt_movements WHERE kind = 'incurred')`,
  ],
];

/** Each: the check that finds nothing, what was done, and how. */
export const SOUND_CHANGES: [string, string, string][] = [
  [
    'nobody gave more than a limit allows',
    'a month in which the policy changed: the larger limit counts',
    `INSERT INTO boon.policies SELECT (jsonb_populate_record(p, '{"version":"low","promotional_amount":1,"promotional_count":0,"month_amount":1,"month_count":0,"day_amount":1,"day_count":0}')).* FROM boon.policies p
       WHERE p.version = (SELECT g.policy_version FROM boon.gifts g WHERE g.id = 'promoted');
     UPDATE boon.gifts SET policy_version = 'low' WHERE id = 'reversed'`,
  ],
  [RESTORED, 'an expired reset of one who redeems by hand', `${CLEOS_EXPIRED} ${autoRedeem('ann')}`],
  [
    RESTORED,
    'a redemption at the last moment, as windows of others ended',
    `${AT_LAST_MOMENT} INSERT INTO boon.past_windows
     SELECT 'bob', p.kind, -5, p.started_at, p.counts_from, p.ended_at, 0, false, NULL FROM boon.past_windows p
     JOIN boon.redemptions d ON d.account_id = p.account_id AND d.effective_at = p.ended_at`,
  ],
  [
    RESTORED,
    'a redemption of the least there is',
    'UPDATE boon.redemptions SET five_hour_used = 0, weekly_used = 1',
  ],
  [BACK, 'a reset that came back at the last moment for it', cameBack('0 seconds')],
  [
    'a top-up is of the package and the price consented to',
    'somebody else’s consent to another price',
    `INSERT INTO boon.top_up_consents OVERRIDING SYSTEM VALUE
     SELECT (jsonb_populate_record(s, jsonb_build_object('account_id', 'pia', 'seq', s.seq + 1000, 'price', s.price + 1))).* FROM boon.top_up_consents s`,
  ],
  [
    'nothing is left or on hold of what is owed because its money went back',
    'a reset that was used before its money went back',
    `UPDATE boon.purchases SET resets_kept = 1 WHERE resets > 0; UPDATE boon.resets SET status = 'redeemed' WHERE source = 'purchase'`,
  ],
  [
    'windows have used what the plan paid since they began',
    'an account without windows, whose uses credits paid alone',
    `ALTER TABLE boon.usage DROP CONSTRAINT IF EXISTS use_is_sound; UPDATE boon.usage SET plan_part = 0 WHERE account_id = 'uma';
     DELETE FROM boon.usage_windows WHERE account_id = 'uma'`,
  ],
  [
    'a use that was reported late took no more of a lot than was in it at each moment since',
    'a grant by a clock that is ahead, while something else came back',
    `INSERT INTO boon.entries SELECT x.transfer, l.id, l.account_id, l.id, x.kind::boon.entry_kind, x.amount, 0, 'lost', '2026-03-10T12:00:00Z'::timestamptz + x.after
     FROM (VALUES (-3, 'lena', 'gift_held', -100000000, interval '30 minutes'), (-2, 'lena', 'grant', 100000000, interval '90 minutes'),
       (-1, 'uma', 'gift_returned', 1, interval '75 minutes')) x (transfer, who, kind, amount, after) JOIN boon.lots l ON l.account_id = x.who`,
  ],
];
