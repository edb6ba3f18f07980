/** What reaches a reward window after its month's end, before its timer has told it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedWorker, scriptedWorker } from '../support/scripted-worker.ts';

let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await scriptedWorker({});
  await worker.run();
});
afterAll(() => worker.close());

test('a claim and a raise that come with the timer of the month’s end, and before it, find the month over', async () => {
  const month = '2026-06-11';
  const handle = await worker.start('rewardWindow', `reward-window/ada/${month}`, {
    account_id: 'ada',
    month,
    ends_at: new Date(Date.now() + 8_000).toISOString(),
  });
  const has = async (kind: 'timerStarted' | 'timerFired') =>
    (await handle.fetchHistory()).events?.some((event) => event[`${kind}EventAttributes`] != null);
  await expect.poll(() => has('timerStarted'), { timeout: 20_000 }).toBe(true);
  await worker.stop();
  await expect.poll(() => has('timerFired'), { timeout: 20_000 }).toBe(true);
  const sent = [
    handle.executeUpdate('claim', { args: [{ referral_id: 'late', program: 'simple', cap: 3, banked: [] }] }),
    handle.executeUpdate('raiseCap', { args: [{ program: 'simple', cap: 3, reason: 'more' }] }),
  ];
  const answers = Promise.allSettled(sent);
  await worker.run();
  for (const answer of await answers)
    expect(answer).toMatchObject({ status: 'rejected', reason: { cause: { type: 'window_closed' } } });
  expect(await handle.result()).toMatchObject({ closed: true, programs: {} });
});
