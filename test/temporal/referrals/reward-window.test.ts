import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referralMailActivities } from '../../../src/activities/referrals/referral-mail.ts';
import {
  type Referral,
  type RewardWindowInput,
  referralStanding,
  rewardWindowWorkflowId,
} from '../../../src/contracts/referrals/referral.ts';
import { TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { rewardWindows } from '../../../src/temporal/referrals/reward-window-process.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../../support/referral-rig.ts';
import { devNamespace } from '../../support/temporal-server.ts';
import { expectVerified, newKey } from '../../support/test-ledger.ts';

const PROGRAM = 'codex-selective';

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());

async function qualified(referrer: string): Promise<Referral> {
  const invited = await referrals.invite(referrer);
  await referrals.join(invited);
  return await referrals.prompt(invited, 3);
}

test('thirty friends who qualify at once: exactly three rewards, the others refused with the reason', async () => {
  await rig.seed('ada');
  const invited = [];
  for (let count = 0; count < 30; count += 1) {
    const one = await referrals.invite('ada');
    await referrals.join(one);
    await referrals.prompt(one, 2);
    invited.push(one);
  }
  await Promise.all(invited.map((one) => referrals.prompt(one)));
  for (const one of invited) await referrals.untilClosed(one);
  const ends = await Promise.all(invited.map(({ id }) => rig.ledger.findReferral(id)));
  expect(ends.filter(({ status }) => status === 'rewarded')).toHaveLength(3);
  expect(ends.filter(({ reason_code }) => reason_code === 'reward_cap_reached')).toHaveLength(27);
  const window = await rig.ledger.rewardWindow('ada', PROGRAM, await rig.now());
  expect(window.claimed).toHaveLength(3);
  // The month has given the same three places; whoever claims after that has told it that they were paid.
  await referrals.until(await qualified('ada'), 'refused');
  const status = (await (await referrals.window('ada')).query('status')) as Pick<
    Required<RewardWindowInput>,
    'programs'
  >;
  const { cap, banked, held } = status.programs[PROGRAM] ?? { cap: 0, banked: [], held: [] };
  expect([cap, [...banked, ...held].sort()]).toEqual([3, window.claimed.toSorted()]);
  await expectVerified(rig.ledger);
});

test('what no database can take is refused before it gets there, and keeps nobody waiting', async () => {
  await rig.seed('nul');
  const window = await rig.ledger.rewardWindow('nul', PROGRAM, await rig.now());
  const windows = rewardWindows(rig.client, TASK_QUEUE);
  expect(await windows.claim(window, 'n1')).toMatchObject({ granted: true });
  const handle = await referrals.window('nul');
  const raise = { program: PROGRAM, cap: 5, reason: 'why' };
  for (const odd of [
    { cap: 3_000_000_000 },
    { cap: 1001 },
    { reason: 'a\u0000b' },
    { by: '\ud800' },
    { program: '\u0007' },
  ]) {
    await expect(handle.executeUpdate('raiseCap', { args: [{ ...raise, ...odd }] })).rejects.toMatchObject({
      cause: { type: 'validation_failed' },
    });
  }
  expect(await handle.executeUpdate('raiseCap', { args: [{ ...raise, cap: 1000 }] })).toMatchObject({
    cap: 1000,
  });
  expect(await windows.claim(window, 'n2')).toMatchObject({ granted: true });
});

test('the same referral asks often and has one place; a place is given back and given again', async () => {
  await rig.seed('bea');
  const window = await rig.ledger.rewardWindow('bea', PROGRAM, await rig.now());
  const windows = rewardWindows(rig.client, TASK_QUEUE);
  const answers = await Promise.all(['r1', 'r1', 'r2', 'r1', 'r3'].map((id) => windows.claim(window, id)));
  expect(answers.every(({ granted }) => granted)).toBe(true);
  expect(await windows.claim(window, 'r4')).toEqual({ granted: false, cap: 3, taken: 3 });
  await windows.release(window, { referral_id: 'r2', program: PROGRAM });
  expect(await windows.claim(window, 'r4')).toMatchObject({ granted: true });
});

test('an operator raises the cap from the Web UI: ledger and process hold five', async () => {
  await rig.seed('cy');
  for (let count = 0; count < 3; count += 1) await referrals.until(await qualified('cy'), 'rewarded');
  const window = await referrals.window('cy');
  const raise = { program: PROGRAM, cap: 5, reason: 'speaker at our conference', by: 'mia' };
  expect(await window.executeUpdate('raiseCap', { args: [raise] })).toMatchObject({ cap: 5 });
  expect(await rig.ledger.rewardWindow('cy', PROGRAM, await rig.now())).toMatchObject({ cap: 5 });
  for (let count = 0; count < 2; count += 1) await referrals.until(await qualified('cy'), 'rewarded');
  await referrals.until(await qualified('cy'), 'refused');
  rig.replayLater(window.workflowId);
});

test.each([
  [
    { program: PROGRAM, cap: 'many', reason: 'why' },
    /cap must be a whole number up to 1000; send raiseCap an object/,
  ],
  [{ program: PROGRAM, cap: 5 }, /reason must be a text/],
])('a raise that does not fit is refused with what to send: %o', async (given, message) => {
  await rig.seed('dot');
  await referrals.until(await qualified('dot'), 'rewarded').catch(() => undefined);
  const window = await referrals.window('dot');
  await expect(window.executeUpdate('raiseCap', { args: [given] })).rejects.toMatchObject({
    cause: { type: 'validation_failed', message: expect.stringMatching(message) },
  });
});

test('a cap that the ledger refuses to lower stays in the process too', async () => {
  await rig.seed('eve');
  await referrals.until(await qualified('eve'), 'rewarded');
  const window = await referrals.window('eve');
  const lower = { program: PROGRAM, cap: 2, reason: 'too many' };
  await expect(window.executeUpdate('raiseCap', { args: [lower] })).rejects.toMatchObject({
    cause: { type: 'validation_failed' },
  });
  expect(await window.query('status')).toMatchObject({ programs: { [PROGRAM]: { cap: 3 } } });
});

test('a claim that meets a month that is over is refused as such, and starts no month that stays', async () => {
  const at = await rig.now();
  const over = {
    account_id: 'gil',
    program: PROGRAM,
    month: '2020-01-11',
    starts_at: '2020-01-11T00:00:00.000Z',
    ends_at: at,
    cap: 3,
    claimed: [],
  };
  const windows = rewardWindows(rig.client, TASK_QUEUE);
  await expect(windows.claim(over, 'late')).rejects.toMatchObject({ code: 'window_closed' });
  const handle = rig.client.workflow.getHandle(rewardWindowWorkflowId('gil', over.month));
  expect(await handle.result()).toMatchObject({ closed: true, programs: {} });
});

test('a referral whose claim meets the end of the month claims again in the next one', async () => {
  await rig.seed('ivo');
  const taskQueue = 'month-ends';
  const own = referralRig(rig, taskQueue);
  const invited = await own.invite('ivo');
  await own.join(invited);
  await own.prompt(invited, 3);
  const ats: string[] = [];
  const worker = await Worker.create({
    connection: rig.temporal.nativeConnection,
    namespace: rig.client.options.namespace,
    taskQueue,
    workflowBundle: rig.workerOptions.bundle,
    activities: {
      ...referralMailActivities({ ledger: rig.ledger, ...rig.workerOptions.mail }),
      async claimReward(id: string, at: string) {
        ats.push(at);
        if (ats.length > 1) return referralStanding(await rig.ledger.rewardReferral(id, at));
        throw ApplicationFailure.nonRetryable('The billing month ended.', 'window_closed');
      },
    },
  });
  await worker.runUntil(own.untilClosed(invited));
  expect(await own.handle(invited).result()).toMatchObject({ status: 'rewarded' });
  expect(ats).toHaveLength(2);
  expect(Date.parse(String(ats[1])) - Date.parse(String(ats[0]))).toBeGreaterThanOrEqual(1_000);
});

test('claims up to the very end of a month get a place or learn that it is over, and none hangs', async () => {
  const windows = rewardWindows(rig.client, TASK_QUEUE);
  // The month must last until a first claim was served, however slow the machine.
  let answers: string[] = [];
  for (const [account_id, lasts] of [
    ['hal', 1_500],
    ['hal-later', 10_000],
    ['hal-last', 60_000],
  ] as const) {
    answers = await claimsUntilOver(windows, account_id, lasts);
    if (answers.includes('true')) break;
  }
  expect(new Set(answers)).toEqual(new Set(['true', 'window_closed']));
  // Once it is over it stays over.
  expect(answers.slice(answers.indexOf('window_closed'))).not.toContain('true');
});

/** Claims one after the other until half a second after the month's end; their answers. */
async function claimsUntilOver(
  windows: ReturnType<typeof rewardWindows>,
  account_id: string,
  lasts: number,
): Promise<string[]> {
  const ends_at = new Date(Date.now() + lasts).toISOString();
  const closing = {
    account_id,
    program: PROGRAM,
    month: '2020-02-11',
    starts_at: '2020-02-11T00:00:00.000Z',
    ends_at,
    cap: 1000,
    claimed: [],
  };
  const answers: string[] = [];
  while (Date.now() < Date.parse(ends_at) + 500) {
    const id = `claim-${answers.length}`;
    const answer = windows.claim(closing, id).then(
      ({ granted }) => String(granted),
      (error) => error.code,
    );
    answers.push(await answer);
  }
  return answers;
}

test('a signal only wakes a window: what it says of the month is read from the ledger', async () => {
  await rig.seed('kim');
  await referrals.until(await qualified('kim'), 'rewarded');
  const window = await referrals.window('kim');
  const { claimed, ...month } = await rig.ledger.rewardWindow('kim', PROGRAM, await rig.now());
  const told = async () => {
    const { programs } = (await window.query('status')) as { programs: Record<string, object> };
    return programs;
  };

  for (const said of [
    { ...month, cap: 1000, claimed: [] },
    { ...month, cap: 0, claimed: ['x', 'y', 'z'] },
    { ...month, program: 'no-such-program', cap: 9, claimed: [] },
    null,
  ]) {
    await window.signal('changed', said);
  }
  // Behind the process's back, as over the API while Temporal was away.
  const raise = { account_id: 'kim', month: month.month, program: PROGRAM, cap: 4, reason: 'why', by: 'mia' };
  await rig.ledger.raiseCap({ ...raise, key: newKey('raise'), at: await rig.now() });
  await window.signal('changed', { ...month, cap: 1000, claimed: [] });
  await expect.poll(told, { timeout: 30_000 }).toEqual({ [PROGRAM]: { cap: 4, banked: claimed, held: [] } });
  const { events } = await window.fetchHistory();
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  rig.replayLater(window.workflowId);
});
