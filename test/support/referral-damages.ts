/** For tests of `verify`: referrals of every kind, and the ways in which their rows can be wrong. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { actOn, invite, join, newFriend, prompt } from './referrals.ts';
import { later, newKey, policyWith } from './test-ledger.ts';

/** Ann invites three friends, at a moment after everything else: `rewarded`, `clawed` back, and `joined`. */
export async function makeReferralScene(ledger: Ledger, at: string): Promise<void> {
  const rewards = { referrer: { resets: 1, credits: '5' }, friend: { resets: 1, credits: '0' } };
  await ledger.usePolicy(policyWith({ programs: { 'codex-selective': { prompts: 2, rewards } } }), at);
  await ledger.putAccount('ann', { plan: 'plus', billing_day: 1, cohorts: ['codex-selective'] }, at);
  for (const [id, friend] of [
    ['rewarded', 'fay'],
    ['clawed', 'gil'],
    ['joined', 'hal'],
  ] as const) {
    const referral = await invite(ledger, 'ann', { id, at });
    await newFriend(ledger, friend, at);
    await join(ledger, referral, friend, at);
    await prompt(ledger, friend, at);
    if (id === 'joined') continue;
    await prompt(ledger, friend, at);
    await ledger.rewardReferral(id, at);
  }
  await actOn(ledger, { id: 'clawed' }, 'claw_back', later(at, { hours: 1 }), { reason: 'fraud' });
  const { month } = await ledger.rewardWindow('ann', 'codex-selective', at);
  const raise = { account_id: 'ann', program: 'codex-selective', month, cap: 5, reason: 'many friends' };
  await ledger.raiseCap({ key: newKey('raise'), at, ...raise });
}

const PLACES = 'a month gave out no more rewards than its cap, each place once';
const CAP = 'a month’s cap is the program’s, or was raised by somebody';
const FREE = 'a place was free under the terms of its referral';
const MET = 'a reward met no lower cap than its own, and was refused only in a month that was full';
const WAITED = 'a reward waited for a frozen account as long as its program says';
const TURN = 'a place was left for each who waited for a frozen account before it was taken';
const PLACE = 'every place belongs to a reward of its month';
const BANKED = 'a reward was banked as it says, and what was taken back was there';
const GIVEN = 'a rewarded referral gave what its program says, to each once';
const ROOM = 'credits of a reward were left out, or refused, only where there was no room';
const PROMPTS = 'a referral counts its prompts, after the link and in time';
const ENDS = 'an invitation that ran out ended then, and no reward was given before the friend qualified';
const FIRST = 'a friend belongs to the first link used';
const AWAY = 'a friend who waits for the reward is another person than who invited them, and was away';
const EVENTS = 'every referral has its events';
const unchecked = 'ALTER TABLE boon.referrals DROP CONSTRAINT referral_is_sound;';

/** Each: the invariant that must notice, what was done, and how. */
export const REFERRAL_DAMAGES: [string, string, string][] = [
  [PLACES, 'a place too many', `UPDATE boon.reward_windows SET used = used + 1`],
  [PLACES, 'a place that is gone', `DELETE FROM boon.reward_slots WHERE referral_id = 'clawed'`],
  [PLACES, 'a place counted past another', `UPDATE boon.reward_slots SET number = 3 WHERE number = 2`],
  [
    PLACES,
    'more than the cap',
    `ALTER TABLE boon.reward_windows DROP CONSTRAINT window_is_sound; UPDATE boon.reward_windows SET cap = 1`,
  ],
  [
    PLACES,
    'a month that is gone',
    `ALTER TABLE boon.reward_slots DROP CONSTRAINT reward_slots_account_id_program_month_fkey; DELETE FROM boon.reward_windows`,
  ],
  [
    PLACES,
    'a month that is another',
    `ALTER TABLE boon.reward_slots DROP CONSTRAINT reward_slots_account_id_program_month_fkey; ALTER TABLE boon.reward_windows DROP CONSTRAINT window_is_sound; UPDATE boon.reward_windows SET month = month - 40, used = 0`,
  ],
  [CAP, 'a cap that nobody raised', `UPDATE boon.reward_windows SET cap = 6`],
  [CAP, 'a raise that is gone', `DELETE FROM boon.reward_cap_raises`],
  [CAP, 'a month of less than it was raised to', `UPDATE boon.reward_windows SET cap = 3`],
  [
    FREE,
    'a place past its cap',
    `ALTER TABLE boon.reward_slots DROP CONSTRAINT a_place_is_within_its_cap; UPDATE boon.reward_slots SET cap = 1`,
  ],
  [FREE, 'a place under a cap of no terms', `UPDATE boon.reward_slots SET cap = 6`],
  [
    MET,
    'a reward that met the cap of other terms',
    `${unchecked} UPDATE boon.referrals SET status = 'qualified', qualified_at = joined_at, ended_at = NULL, reason_code = 'reward_cap_reached', cap_met = 2 WHERE id = 'clawed'`,
  ],
  [
    MET,
    'a reward that was refused in a month with places',
    `UPDATE boon.referrals SET reason_code = 'reward_cap_reached', cap_met = 3 WHERE id = 'clawed'`,
  ],
  [
    WAITED,
    'a reward that was refused at once',
    `UPDATE boon.referrals SET reason_code = 'account_frozen' WHERE id = 'clawed'`,
  ],
  [
    WAITED,
    'a wait that was counted from before the reward was due',
    `UPDATE boon.referrals SET reason_code = 'account_frozen', ended_at = qualified_at + interval '100 days', reward_due_at = qualified_at + interval '99 days' WHERE id = 'clawed'`,
  ],
  [
    TURN,
    'a younger friend’s reward in the last place',
    `${unchecked} UPDATE boon.reward_slots SET cap = 2;
     UPDATE boon.referrals SET status = 'qualified', reason_code = 'account_frozen', qualified_at = joined_at - interval '1 second' WHERE id = 'joined';
     INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('referral.deferred', 'joined', '{}', '{}', now());
     INSERT INTO boon.events (type, subject, accounts, data, effective_at) VALUES ('referral.rewarded', 'clawed', '{}', '{}', now())`,
  ],
  [
    ROOM,
    'credits that were left out of an account with room',
    `UPDATE boon.referral_rewards SET no_room = 1 WHERE lot_id IS NULL`,
  ],
  [
    ROOM,
    'a reward that was refused where there was room',
    `UPDATE boon.referrals SET reason_code = 'account_full' WHERE id = 'clawed'`,
  ],
  [
    FIRST,
    'a friend who had won the referrer before',
    `${unchecked} UPDATE boon.referrals SET referrer_id = 'hal', friend_id = 'ann', status = 'joined', joined_at = joined_at - interval '1 second', qualified_at = NULL,
       rewarded_at = NULL, ended_at = NULL WHERE id = 'clawed'`,
  ],
  [
    'months of one account and program do not overlap',
    'a month within a month',
    `INSERT INTO boon.reward_windows SELECT account_id, program, month + 1, starts_at + interval '1 day', ends_at, 3, 0 FROM boon.reward_windows`,
  ],
  [
    PLACE,
    'a place of another moment',
    `UPDATE boon.reward_slots SET claimed_at = claimed_at + interval '1 second' WHERE number = 1`,
  ],
  [PLACE, 'a place of nobody', `UPDATE boon.reward_slots SET referral_id = 'joined' WHERE number = 1`],
  [
    PLACE,
    'a reward of another month',
    `UPDATE boon.reward_windows SET ends_at = starts_at + interval '1 second'`,
  ],
  [
    PLACE,
    'a reward without a place',
    `INSERT INTO boon.referral_rewards (referral_id, recipient, account_id, resets, credits, given_at) SELECT 'joined', 'referrer', 'ann', 1, 0, given_at FROM boon.referral_rewards LIMIT 1`,
  ],
  [
    BANKED,
    'a reward that was never banked',
    `UPDATE boon.referral_rewards SET resets = 2 WHERE recipient = 'friend'`,
  ],
  [
    BANKED,
    'a reward that says other credits',
    `UPDATE boon.referral_rewards SET credits = credits + 1 WHERE referral_id = 'rewarded' AND recipient = 'referrer'`,
  ],
  [
    BANKED,
    'a reset of no reward',
    `DELETE FROM boon.referral_rewards WHERE referral_id = 'rewarded' AND recipient = 'friend'`,
  ],
  [
    BANKED,
    'a reset of somebody whom a reward of others brought it',
    `INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at)
     SELECT 'hal', status, source, program, reference, policy_version, granted_at, expires_at FROM boon.resets WHERE reference = 'rewarded' LIMIT 1`,
  ],
  [
    BANKED,
    'a clawback that says less',
    `UPDATE boon.referral_rewards SET credits_back = 0 WHERE referral_id = 'clawed' AND recipient = 'referrer'`,
  ],
  [
    BANKED,
    'a clawback of no reward',
    `UPDATE boon.transfers SET reference = 'another' WHERE kind = 'clawback'`,
  ],
  [
    GIVEN,
    'a reward that a friend did not get',
    `DELETE FROM boon.referral_rewards WHERE referral_id = 'rewarded' AND recipient = 'friend'`,
  ],
  [
    GIVEN,
    'a reward to somebody else',
    `UPDATE boon.referral_rewards SET account_id = 'bob' WHERE referral_id = 'rewarded'`,
  ],
  [
    GIVEN,
    'a reward before the friend qualified',
    `INSERT INTO boon.referral_rewards (referral_id, recipient, account_id, resets, credits, given_at) SELECT 'joined', 'friend', 'hal', 1, 0, given_at FROM boon.referral_rewards LIMIT 1`,
  ],
  [
    PROMPTS,
    'a prompt that was not sent',
    `${unchecked} UPDATE boon.referrals SET prompts_seen = 0 WHERE id = 'joined'`,
  ],
  [
    PROMPTS,
    'a prompt from before the link',
    `UPDATE boon.referral_prompts SET prompted_at = prompted_at - interval '1 second'`,
  ],
  [
    PROMPTS,
    'a friend who qualified after the last prompt',
    `UPDATE boon.referrals SET qualified_at = qualified_at + interval '1 second' WHERE id = 'rewarded'`,
  ],
  [
    ENDS,
    'an end of another moment',
    `UPDATE boon.referrals SET status = 'expired', ended_at = expires_at + interval '1 second', reason_code = 'not_qualified_in_time' WHERE id = 'joined'`,
  ],
  [
    ENDS,
    'a reward before the friend qualified',
    `UPDATE boon.referrals SET qualified_at = rewarded_at + interval '1 second' WHERE id = 'rewarded'`,
  ],
  [
    ENDS,
    'a friend’s reward before they qualified',
    `UPDATE boon.referral_rewards SET given_at = given_at - interval '1 second' WHERE recipient = 'friend'`,
  ],
  [
    FIRST,
    'a friend who has not qualified, and was another’s when they came',
    `${unchecked} UPDATE boon.referrals SET status = 'canceled', ended_at = joined_at + interval '1 second', friend_id = 'hal', qualified_at = NULL,
       rewarded_at = NULL, reason_code = 'canceled_by_referrer' WHERE id = 'rewarded'`,
  ],
  [
    FIRST,
    'a friend who was another’s when they came',
    `UPDATE boon.referrals SET status = 'canceled', ended_at = joined_at + interval '1 second', friend_id = 'fay', reason_code = 'canceled_by_referrer' WHERE id = 'joined'`,
  ],
  [
    AWAY,
    'a friend of the referrer’s own device',
    `UPDATE boon.accounts SET fingerprints = '{device:one}' WHERE id IN ('ann', 'hal')`,
  ],
  [
    AWAY,
    'a friend of the referrer’s own address',
    `UPDATE boon.accounts SET email_index = 'x', email_sealed = 'x' WHERE id IN ('ann', 'hal')`,
  ],
  [
    AWAY,
    'a friend who was active before the link',
    `UPDATE boon.referrals SET friend_is_new = false WHERE id = 'joined'`,
  ],
  [
    'a friend is won once',
    'a friend of two',
    `DROP INDEX boon.friend_is_won_once; UPDATE boon.referrals SET friend_id = 'fay' WHERE id = 'joined'`,
  ],
  [
    'of two people who refer each other one was rewarded',
    'a friend’s own reward for the referrer',
    `UPDATE boon.referrals SET referrer_id = 'fay', friend_id = 'ann', rewarded_at = invited_at, qualified_at = invited_at WHERE id = 'clawed'`,
  ],
  [EVENTS, 'an invitation without its event', `DELETE FROM boon.events WHERE type = 'referral.invited'`],
  [EVENTS, 'an end without its event', `DELETE FROM boon.events WHERE type = 'referral.rewarded'`],
];
