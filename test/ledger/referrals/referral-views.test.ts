import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { refusal } from '../../support/gifts.ts';
import { invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

const LINK = later(START, { days: 1 });
const END = later(START, { days: 30 });
/** Of the pilot: a millisecond before an invitation of START expires. */
const CLOSES = later(END, { ms: -1 });
const JUST_BEFORE = later(END, { ms: -1 });

let own: TestLedger;
let people = 0;

beforeAll(async () => {
  own = await openTestLedger({
    programs: {
      'codex-selective': { cohort: null, monthly_cap: 1, over_cap: 'defer', invites: 2 },
      'codex-pilot': { opens_at: null, closes_at: CLOSES, invites: 1 },
    },
  });
});
afterAll(() => own.close());

async function invitation(referrer = `referrer-${people + 1}`): Promise<Referral> {
  people += 1;
  await seedAccount(own.ledger, referrer);
  return invite(own.ledger, referrer);
}

async function joined(referral: Referral, prompts: number): Promise<string> {
  const friend = `friend-${people}`;
  await newFriend(own.ledger, friend, LINK);
  await join(own.ledger, referral, friend, LINK);
  for (let n = 0; n < prompts; n++) await prompt(own.ledger, friend, LINK);
  return friend;
}

/** As both reads have it. */
async function seen(referral: Referral, at: string): Promise<Referral> {
  const one = await own.ledger.findReferral(referral.id, at);
  const page = await own.ledger.listReferrals(referral.referrer_id, { limit: 100 }, undefined, at);
  expect(page.data.find(({ id }) => id === referral.id)).toEqual(one);
  return one;
}

describe('before a sweep has run,', () => {
  test.each([
    ['an invitation that nobody used', undefined, 'not_used_in_time', 'The link was not used in time.'],
    ['one of too few prompts', 2, 'not_qualified_in_time', 'The friend sent 2 of 3 prompts in time.'],
  ])('%s reads at its end as after it', async (_which, prompts, reason_code, detail) => {
    const referral = await invitation();
    if (prompts !== undefined) await joined(referral, prompts);
    const waits = await seen(referral, JUST_BEFORE);
    expect(waits).toMatchObject({ status: prompts === undefined ? 'invited' : 'joined', ended_at: null });
    expect(waits.next_step).toContain('by 2026-04-09T12:00:00Z.');
    const over = await seen(referral, END);
    expect(over).toMatchObject({
      status: 'expired',
      ended_at: END,
      reason_code,
      detail,
      next_step: 'The invitation has ended.',
    });
    await own.ledger.expireReferrals(later(END, { hours: 2 }), 1_000);
    expect(await seen(referral, later(END, { hours: 2 }))).toEqual(over);
  });

  test('a reward that was put off until now is on its way', async () => {
    const referrer = `capped-${people}`;
    for (let n = 0; n < 2; n++) {
      const referral = await invitation(referrer);
      await joined(referral, 3);
      await own.ledger.rewardReferral(referral.id, LINK);
    }
    const [second] = (await own.ledger.listReferrals(referrer, { limit: 1 })).data as [Referral];
    const next = '2026-04-01T00:00:00.000Z';
    expect(await seen(second, later(next, { ms: -1 }))).toMatchObject({
      next_step: 'The reward is tried again at 2026-04-01T00:00:00Z.',
      deferred_until: next,
    });
    expect(await seen(second, next)).toMatchObject({
      next_step: 'The reward is on its way.',
      deferred_until: null,
    });
    // As it is noted, for the processes.
    expect(await own.ledger.findReferral(second.id)).toMatchObject({ deferred_until: next });
  });

  test('a friend who uses their link again after the end reads that it is over', async () => {
    const referral = await invitation();
    const friend = await joined(referral, 1);
    expect(await join(own.ledger, referral, friend, JUST_BEFORE)).toMatchObject({ status: 'joined' });
    expect(await join(own.ledger, referral, friend, END)).toMatchObject({
      status: 'expired',
      next_step: 'The invitation has ended.',
    });
  });

  test('another who uses it at the end is told that it has expired, as after a sweep', async () => {
    for (const isSwept of [false, true])
      for (const isJoined of [false, true]) {
        const referral = await invitation();
        if (isJoined) await joined(referral, 1);
        await newFriend(own.ledger, `other-${people}`, LINK);
        if (isSwept) await own.ledger.expireReferrals(END, 1_000);
        await expect(join(own.ledger, referral, `other-${people}`, END)).rejects.toMatchObject(
          refusal('claim_expired'),
        );
        expect(await own.ledger.findReferral(referral.id)).toMatchObject({
          status: 'expired',
          ended_at: END,
        });
      }
  });
});

describe('what is advised where every place is taken', () => {
  const advice = async (referrer: string, program: string, at: string) => {
    const { reasons } = await own.ledger.eligibility(referrer, program, at);
    return reasons.map(({ code, fix }) => `${code}: ${fix}`);
  };

  test('is not to wait for an end that comes when the program is over', async () => {
    people += 1;
    const referrer = `pilot-${people}`;
    await seedAccount(own.ledger, referrer);
    const early = { at: later(START, { ms: -2 }), program: 'codex-pilot' };
    const first = await invite(own.ledger, referrer, early);
    expect(await advice(referrer, 'codex-pilot', START)).toEqual([
      `invite_limit_reached: Cancel an open invitation, or wait until one expires: the next at ${first.expires_at}.`,
    ]);
    const other = `${referrer}-other`;
    await seedAccount(own.ledger, other);
    await invite(own.ledger, other, { program: 'codex-pilot' });
    expect(await advice(other, 'codex-pilot', START)).toEqual([
      'invite_limit_reached: Cancel an open invitation: none expires before the program closes.',
    ]);
    expect(await advice(other, 'codex-pilot', CLOSES)).toEqual([
      'program_closed: Nothing changes this: the program is over.',
      'invite_limit_reached: Cancel an open invitation: none expires before the program closes.',
    ]);
  });

  test('is not to wait for the next month where rewards that wait hold the places into it', async () => {
    const referrer = `waits-${people}`;
    const one = await invitation(referrer);
    await joined(one, 3);
    const two = await invitation(referrer);
    await joined(two, 3);
    expect(await advice(referrer, 'codex-selective', LINK)).toEqual([
      'invite_limit_reached: Wait: places come back in the billing month after the rewards that are on their way are given.',
    ]);
    await own.ledger.rewardReferral(one.id, LINK);
    expect(await advice(referrer, 'codex-selective', LINK)).toEqual([
      'invite_limit_reached: Wait for the next billing month, which begins at 2026-04-01T00:00:00Z.',
    ]);
  });
});
