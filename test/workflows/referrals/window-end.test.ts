/** What reaches a reward window around its month's end, and words of another month. The ledger's word is the script's. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedWorker, scriptedWorker } from '../../support/scripted-worker.ts';

const MONTH = '2026-06-11';
const PROGRAM = 'simple';
const RAISE = { program: PROGRAM, cap: 5, reason: 'more' };

/** How the ledger has the month that runs, by account; and whose was read. */
const running = new Map<string, { month: string; cap: number; claimed: string[] }>();
const read: string[] = [];

let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await scriptedWorker({
    readWindow: async (account_id: string, program: string) => {
      read.push(account_id);
      return { account_id, program, cap: 3, claimed: [], ...running.get(account_id) };
    },
  });
  await worker.run();
});
afterAll(() => worker.close());

async function started(account_id: string, endsAt: number): Promise<WorkflowHandle> {
  const ends_at = new Date(endsAt).toISOString();
  return await worker.start('rewardWindow', `reward-window/${account_id}/${MONTH}`, {
    account_id,
    month: MONTH,
    ends_at,
  });
}
const claimed = (handle: WorkflowHandle, referral_id: string) =>
  handle.executeUpdate<object, [object]>('claim', {
    args: [{ referral_id, program: PROGRAM, cap: 3, banked: [] }],
  });
const has = async (handle: WorkflowHandle, kind: 'timerStarted' | 'timerFired') =>
  (await handle.fetchHistory()).events?.some((event) => event[`${kind}EventAttributes`] != null);

test('a claim, a raise and a signal that come with the timer of the month’s end, and before it, find the month over', async () => {
  const handle = await started('ada', Date.now() + 8_000);
  await expect.poll(() => has(handle, 'timerStarted'), { timeout: 20_000 }).toBe(true);
  await worker.stop();
  await expect.poll(() => has(handle, 'timerFired'), { timeout: 20_000 }).toBe(true);
  const sent = [claimed(handle, 'late'), handle.executeUpdate('raiseCap', { args: [RAISE] })];
  const answers = Promise.allSettled(sent);
  await handle.signal('changed', { program: PROGRAM });
  await worker.run();
  for (const answer of await answers)
    expect(answer).toMatchObject({ status: 'rejected', reason: { cause: { type: 'window_closed' } } });
  expect(await handle.result()).toMatchObject({ closed: true, programs: {} });
  expect(read).not.toContain('ada');
});

test('a signal in a month that a moved billing day has ended changes no place of it, twice', async () => {
  running.set('cy', { month: MONTH, cap: 3, claimed: ['one'] });
  const handle = await started('cy', Date.now() + 600_000);
  const places = async () => (await handle.query<{ programs: Record<string, object> }>('status')).programs;
  await handle.signal('changed', { program: PROGRAM });
  const known = { [PROGRAM]: { cap: 3, banked: ['one'], held: [] } };
  await expect.poll(places, { timeout: 20_000 }).toEqual(known);
  running.set('cy', { month: '2026-06-20', cap: 9, claimed: [] });
  for (let times = 0; times < 2; times += 1) await handle.signal('changed', { program: PROGRAM });
  // An answer behind both: they have been heard.
  expect(await claimed(handle, 'two')).toEqual({ granted: true, cap: 3, taken: 2 });
  expect(await places()).toEqual({ [PROGRAM]: { cap: 3, banked: ['one'], held: ['two'] } });
  running.set('cy', { month: MONTH, cap: 4, claimed: ['one', 'two'] });
  await handle.signal('changed', { program: PROGRAM });
  await expect
    .poll(places, { timeout: 20_000 })
    .toEqual({ [PROGRAM]: { cap: 4, banked: ['one', 'two'], held: [] } });
});
