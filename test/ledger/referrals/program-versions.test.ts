import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rewardActivities } from '../../../src/activities/referrals/reward.ts';
import type { Referral, RewardWindow } from '../../../src/contracts/referrals/referral.ts';
import { refusal } from '../../support/gifts.ts';
import { invite, join, newFriend, prompt } from '../../support/referrals.ts';
import {
  later,
  newKey,
  openTestLedger,
  policyWith,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

const PROGRAM = {
  opens_at: null,
  closes_at: null as string | null,
  plans: ['plus'],
  cohort: null,
  invites: 1000,
  prompts: 1,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '0' }, friend: { resets: 1, credits: '0' } },
  monthly_cap: 1,
  over_cap: 'forfeit',
  invite_valid_for: 'P60D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};
const AT = '2026-03-10T12:00:00.000Z';
const APRIL = '2026-04-01T00:00:00.000Z';

let own: TestLedger;
let people = 0;
let referrer = '';

beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());
beforeEach(async () => {
  people += 1;
  referrer = `referrer-${people}`;
  await seedAccount(own.ledger, referrer, { put: { billing_day: 1 } });
});

/** Puts a policy in use whose program `summer` is so; without one, it has none. @returns its version */
async function use(program: Partial<typeof PROGRAM> | undefined, at = AT): Promise<string> {
  const policy = policyWith(
    program === undefined ? {} : ({ programs: { summer: { ...PROGRAM, ...program } } } as object),
  );
  await own.ledger.usePolicy(policy, at);
  return policy.version;
}

/** Open invitations; `come` has the friend of one come and qualify. */
const invited = (count: number, at = AT) =>
  Promise.all(Array.from({ length: count }, () => invite(own.ledger, referrer, { at, program: 'summer' })));
async function come(referral: Referral | undefined, at: string): Promise<Referral> {
  people += 1;
  const friend = `friend-${people}`;
  await newFriend(own.ledger, friend, at);
  const used = await join(own.ledger, { id: referral?.id ?? '' }, friend, at);
  return (await prompt(own.ledger, friend, at)) ?? used;
}
const rewarded = async (referral: Referral | undefined, at: string) =>
  await own.ledger.rewardReferral((await come(referral, at)).id, at);
const windowAt = (at: string, referralId?: string) =>
  own.ledger.rewardWindow(referrer, 'summer', at, referralId);

describe('a program that is taken out of the policy', () => {
  test('keeps the terms of its open referrals until the last of them is done', async () => {
    const version = await use({});
    const [first, second] = await invited(2);
    await use(undefined);
    await expect(invited(1)).rejects.toMatchObject(refusal('not_found'));
    expect(await windowAt(AT)).toMatchObject({ cap: 1, claimed: [] });
    const done = await rewarded(first, AT);
    expect(done).toMatchObject({ status: 'rewarded', policy_version: version });
    expect(await windowAt(AT, second?.id)).toMatchObject({ cap: 1, claimed: [first?.id] });
    expect(await rewarded(second, AT)).toMatchObject({
      status: 'refused',
      reason_code: 'reward_cap_reached',
    });
  });

  test('has their rewards claimed under those terms: no claim fails', async () => {
    await use({ monthly_cap: 2 });
    const [open] = await invited(1);
    const { id } = await come(open, AT);
    await use(undefined);
    const asked: RewardWindow[] = [];
    const activities = rewardActivities(own.ledger, {
      claim: async (window) => {
        asked.push(window);
        return { granted: true, cap: window.cap, taken: 1 };
      },
      release: async () => undefined,
    });
    expect(await activities.claimReward(id, AT)).toMatchObject({ status: 'rewarded' });
    expect(asked).toMatchObject([{ program: 'summer', cap: 2, claimed: [] }]);
  });

  test('lets the cap of a month of those referrals be raised, and of nobody else', async () => {
    await use({ over_cap: 'defer' });
    const [first, second] = await invited(2);
    await rewarded(first, AT);
    expect(await rewarded(second, AT)).toMatchObject({ status: 'qualified', deferred_until: APRIL });
    await use(undefined);
    const raise = {
      at: AT,
      account_id: referrer,
      program: 'summer',
      month: '2026-03-01',
      cap: 2,
      reason: 'ours',
    };
    expect((await own.ledger.raiseCap({ ...raise, key: newKey('raise') })).value).toMatchObject({ cap: 2 });
    expect(await own.ledger.rewardReferral(second?.id ?? '', AT)).toMatchObject({ status: 'rewarded' });
    people += 1;
    const stranger = `stranger-${people}`;
    await seedAccount(own.ledger, stranger);
    const theirs = { ...raise, account_id: stranger, key: newKey('raise') };
    await expect(own.ledger.raiseCap(theirs)).rejects.toMatchObject(refusal('not_found'));
    await expect(own.ledger.rewardWindow(stranger, 'summer', AT)).rejects.toMatchObject(refusal('not_found'));
  });
});

describe('the cap of a month', () => {
  test('is that of each invitation’s own terms: an old one that is first does not lower it for new ones', async () => {
    await use({ monthly_cap: 1 });
    const [old, tooMuch] = await invited(2);
    await use({ monthly_cap: 3 });
    const news = await invited(3);
    expect(await rewarded(old, APRIL)).toMatchObject({ status: 'rewarded' });
    expect(await windowAt(APRIL)).toMatchObject({ cap: 3 });
    for (const one of news.slice(0, 2))
      expect(await rewarded(one, APRIL)).toMatchObject({ status: 'rewarded' });
    expect(await rewarded(news[2], APRIL)).toMatchObject({
      status: 'refused',
      detail: expect.stringMatching('has had 3 of 3 rewards'),
    });
    expect(await rewarded(tooMuch, APRIL)).toMatchObject({ status: 'refused' });
    expect(await windowAt(APRIL)).toMatchObject({ cap: 3, claimed: [old?.id, news[0]?.id, news[1]?.id] });
  });

  test('is not raised by an old invitation for those under stricter terms', async () => {
    await use({ monthly_cap: 3 });
    const old = await invited(3);
    await use({ monthly_cap: 1 });
    const [early, late] = await invited(2);
    expect(await rewarded(early, APRIL)).toMatchObject({ status: 'rewarded' });
    for (const one of old.slice(0, 2))
      expect(await rewarded(one, APRIL)).toMatchObject({ status: 'rewarded' });
    expect(await rewarded(late, APRIL)).toMatchObject({ status: 'refused' });
    expect(await rewarded(old[2], APRIL)).toMatchObject({ status: 'refused' });
    // What may still be given to an invitation that is sent now: nothing.
    expect(await own.ledger.eligibility(referrer, 'summer', APRIL)).toMatchObject({ remaining_rewards: 0 });
    expect(await windowAt(APRIL)).toMatchObject({ cap: 3 });
  });

  test('that was raised holds for all of them', async () => {
    await use({ monthly_cap: 1 });
    const old = await invited(3);
    await use({ monthly_cap: 2 });
    const news = await invited(1);
    await own.ledger.raiseCap({
      key: newKey('raise'),
      at: AT,
      account_id: referrer,
      program: 'summer',
      month: '2026-04-01',
      cap: 3,
      reason: 'ours',
    });
    for (const one of [...news, ...old.slice(0, 2)])
      expect(await rewarded(one, APRIL)).toMatchObject({ status: 'rewarded' });
    expect(await rewarded(old[2], APRIL)).toMatchObject({ status: 'refused' });
  });
});

describe('a younger friend under a larger cap', () => {
  const day = (n: number) => later(APRIL, { days: n });
  const status = (friend: string, put: 'frozen' | 'active', at: string) =>
    own.ledger.putAccount(friend, { plan: 'plus', status: put }, at);
  const reward = ({ id }: Referral, at: string) => own.ledger.rewardReferral(id, at);

  test('leaves an older one that waits for a frozen account the place that is within its smaller cap', async () => {
    await use({ monthly_cap: 1 });
    const [old] = await invited(1);
    await use({ monthly_cap: 3 });
    const [young, youngest] = await invited(2);
    const elder = await come(old, APRIL);
    await status(`${elder.friend_id}`, 'frozen', APRIL);
    expect(await reward(elder, APRIL)).toMatchObject({
      reason_code: 'account_frozen',
      deferred_until: day(1),
    });
    // Each place would make the month full for the elder.
    const second = await come(young, later(APRIL, { hours: 1 }));
    expect(await reward(second, later(APRIL, { hours: 1 }))).toMatchObject({
      status: 'qualified',
      reason_code: 'reward_cap_reached',
      deferred_until: day(1),
    });
    await status(`${elder.friend_id}`, 'active', later(APRIL, { hours: 2 }));
    // Whoever asks first.
    expect(await reward(second, day(1))).toMatchObject({ status: 'rewarded' });
    expect(await reward(elder, day(1))).toMatchObject({ status: 'rewarded' });
    expect(await rewarded(youngest, day(1))).toMatchObject({ status: 'rewarded' });
    expect((await windowAt(day(1), elder.id)).claimed).toEqual([elder.id, second.id, youngest?.id]);
  });

  test('waits for none that the month has no place for under its own cap', async () => {
    await use({ monthly_cap: 1, over_cap: 'defer' });
    const [first, old] = await invited(2);
    await use({ monthly_cap: 2, over_cap: 'defer' });
    const [young] = await invited(1);
    await rewarded(first, APRIL);
    const elder = await come(old, APRIL);
    await status(`${elder.friend_id}`, 'frozen', APRIL);
    expect(await reward(elder, APRIL)).toMatchObject({ reason_code: 'account_frozen' });
    expect(await rewarded(young, later(APRIL, { hours: 1 }))).toMatchObject({ status: 'rewarded' });
    await status(`${elder.friend_id}`, 'active', later(APRIL, { hours: 2 }));
    expect(await reward(elder, day(1))).toMatchObject({
      status: 'qualified',
      reason_code: 'reward_cap_reached',
    });
    expect(await reward(elder, '2026-05-01T00:00:00.000Z')).toMatchObject({ status: 'rewarded' });
  });

  test('who took the place of an older one’s cap is seen', async () => {
    await use({ monthly_cap: 1 });
    const [old] = await invited(1);
    await use({ monthly_cap: 3 });
    const [young] = await invited(1);
    const elder = await come(old, APRIL);
    await status(`${elder.friend_id}`, 'frozen', APRIL);
    await reward(elder, APRIL);
    await own.sql('ALTER FUNCTION boon_code.turns_before RENAME TO turns_before_kept');
    await own.sql(`CREATE FUNCTION boon_code.turns_before(r boon.referrals, w boon.reward_windows, p_at timestamptz, OUT waiting bigint, OUT next_at timestamptz)
      LANGUAGE sql AS 'SELECT 0::bigint, NULL::timestamptz'`);
    const taken = await rewarded(young, APRIL);
    await own.sql('DROP FUNCTION boon_code.turns_before');
    await own.sql('ALTER FUNCTION boon_code.turns_before_kept RENAME TO turns_before');
    const { violations } = await own.ledger.verify();
    expect(violations.map(({ detail }) => detail)).toEqual([
      `referral ${taken.id} took place 1 of 3 before ${elder.id}`,
    ]);
    // No longer waited for, it is no fault any more.
    await own.ledger.actOnReferral({
      key: newKey('back'),
      at: APRIL,
      referral_id: elder.id,
      action: 'claw_back',
      reason: 'fraud',
    });
  });
});

describe('open invitations of a program whose end is moved', () => {
  const CLOSES = '2026-03-20T00:00:00.000Z';
  const before = later(CLOSES, { ms: -1 });

  test('earlier: they keep theirs, new ones are refused', async () => {
    await use({ closes_at: CLOSES });
    const [open] = await invited(1);
    await use({ closes_at: AT });
    await expect(invited(1)).rejects.toMatchObject(refusal('program_closed'));
    expect(await rewarded(open, before)).toMatchObject({ status: 'rewarded' });
  });

  test('given to a program that had none: they have none', async () => {
    await use({});
    const [open] = await invited(1);
    await use({ closes_at: AT });
    expect(await rewarded(open, CLOSES)).toMatchObject({ status: 'rewarded' });
  });

  test('later, or never: they end with the program that they were sent in, new ones with the new', async () => {
    await use({ closes_at: CLOSES });
    const [first, second] = await invited(2);
    await use({ closes_at: later(CLOSES, { days: 10 }) });
    const [longer] = await invited(1);
    expect(await come(first, CLOSES)).toMatchObject({ status: 'refused', reason_code: 'program_closed' });
    expect(await rewarded(longer, CLOSES)).toMatchObject({ status: 'rewarded' });
    await use({ closes_at: null });
    expect(await come(second, CLOSES)).toMatchObject({ status: 'refused', reason_code: 'program_closed' });
  });

  test('a friend who used the link before the end has until the invitation’s own end', async () => {
    await use({ closes_at: CLOSES });
    const [open] = await invited(1);
    people += 1;
    const friend = `friend-${people}`;
    await newFriend(own.ledger, friend, before);
    expect(await join(own.ledger, { id: open?.id ?? '' }, friend, before)).toMatchObject({
      status: 'joined',
    });
    const last = later(AT, { days: 60, ms: -1 });
    expect(await prompt(own.ledger, friend, last)).toMatchObject({ status: 'qualified' });
    expect(await own.ledger.rewardReferral(open?.id ?? '', last)).toMatchObject({ status: 'rewarded' });
  });

  test('taken out of the policy: the link works until its own end', async () => {
    await use({ closes_at: CLOSES });
    const [first, second] = await invited(2);
    await use(undefined);
    expect(await rewarded(first, before)).toMatchObject({ status: 'rewarded' });
    expect(await come(second, CLOSES)).toMatchObject({ status: 'refused', reason_code: 'program_closed' });
  });
});
