import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { referralSweepActivities } from '../../src/activities/referrals/referral-sweep.ts';
import { type Referral, referralWorkflowId } from '../../src/contracts/referrals/referral.ts';
import type { ReferralSweepReport } from '../../src/contracts/temporal.ts';
import '../support/quiet-sdk.ts';
import { actOn, dormantFriend, invite, join, login } from '../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

const DAY = later(START, { days: 1 });

let own: TestLedger;
let people = 0;
/** Workflows that run, and those that were told, in order. */
let running: Set<string>;
let told: string[];

beforeAll(async () => {
  own = await openTestLedger({ programs: { 'codex-selective': { cohort: null, invites: 1000 } } });
  await seedAccount(own.ledger, 'ada');
});
afterAll(() => own.close());
beforeEach(async () => {
  running = new Set();
  told = [];
  // Whatever the tests before have left is over.
  await sweep(later(START, { days: 30 }));
  told = [];
});

const runs = {
  async *closed() {},
  running: async (ids: readonly string[]) => new Set(ids.filter((id) => running.has(id))),
  tell: async ({ id }: Referral) => void told.push(id),
  restart: async () => true,
  start: async () => undefined,
};

/** A run of the schedule at a moment, behind one of a minute before it. */
async function sweep(at: string): Promise<number> {
  const { sweepReferrals } = referralSweepActivities(own.ledger, runs, runs);
  const activity = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const minute = (ago: number) => later(at, { minutes: -ago });
  const times = { since: minute(2), before: minute(1), at };
  const { ended } = (await activity.run(sweepReferrals, times)) as ReferralSweepReport;
  return ended;
}

/** A referral whose friend has joined at a moment, and whose process runs. */
async function joined(at: string): Promise<Referral & { friend: string }> {
  people += 1;
  const friend = `friend-${people}`;
  const referral = await invite(own.ledger, 'ada', { at });
  await dormantFriend(own.ledger, friend, '2025-01-01T00:00:00.000Z');
  expect(await join(own.ledger, referral, friend, at)).toMatchObject({ status: 'joined' });
  running.add(referralWorkflowId(referral.id));
  return { ...referral, friend };
}

test('a refusal that counts on a day long past reaches its process with the next run', async () => {
  const late = await joined(START);
  expect(await sweep(DAY)).toBe(0);
  // The friend turns out to have been active a day before the link, which was used a day ago.
  expect(await login(own.ledger, late.friend, later(START, { days: -1 }))).toMatchObject({
    status: 'refused',
  });
  expect(await sweep(later(DAY, { minutes: 1 }))).toBe(1);
  expect(told).toEqual([late.id]);
});

test('an end is signaled again after ten minutes while its process continues, and no longer once it is over', async () => {
  const late = await joined(START);
  await login(own.ledger, late.friend, later(START, { days: -1 }));
  for (const minutes of [0, 1, 9]) await sweep(later(DAY, { minutes }));
  expect(told).toEqual([late.id]);
  await sweep(later(DAY, { minutes: 10 }));
  expect(told).toEqual([late.id, late.id]);
  running.clear();
  for (const minutes of [20, 30]) await sweep(later(DAY, { minutes }));
  expect(told).toHaveLength(2);
  expect(await own.sql('SELECT referral_id FROM boon.untold_ends')).toEqual([]);
});

test('an end of this minute is left to whoever made it', async () => {
  const canceled = await joined(START);
  await actOn(own.ledger, canceled, 'cancel', DAY);
  expect(await sweep(DAY)).toBe(0);
  expect(await sweep(later(DAY, { minutes: 1 }))).toBe(0);
  expect(await sweep(later(DAY, { minutes: 1, ms: 1 }))).toBe(1);
  expect(told).toEqual([canceled.id]);
});

test('every end is found, however many there are in one run', async () => {
  const all = [];
  for (let count = 0; count < 103; count += 1) {
    const one = await invite(own.ledger, 'ada', { at: START });
    await actOn(own.ledger, one, 'cancel', START);
    running.add(referralWorkflowId(one.id));
    all.push(one.id);
  }
  expect(await sweep(DAY)).toBe(103);
  expect(told.toSorted()).toEqual(all.toSorted());
});
