import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { type ReconcileReport, SCHEDULES, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { keepSchedules } from '../../src/temporal/schedules.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { type Poison, poisoning } from '../support/poison.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { newGiftId, newKey } from '../support/test-ledger.ts';

const MINUTE = 60_000;
let rig: GiftRig;
let poison: Poison;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), {
    policy: { gifts: { settlement: 'PT1H', screening: { velocity: { verdict: 'allow' } } } },
  });
  poison = await poisoning(rig.own);
  await keepSchedules(rig.client, TASK_QUEUE);
  for (const id of Object.values(SCHEDULES)) await rig.client.schedule.getHandle(id).pause('tests run it');
  await rig.seed('ada', '1000');
  await rig.seed('bob');
});
afterAll(() => rig.close());

async function acceptedAgo(milliseconds: number): Promise<Gift> {
  const accepted = await rig.ledger.acceptGift({
    key: newKey('accept'),
    id: newGiftId(),
    at: new Date(Date.now() - milliseconds).toISOString(),
    from: 'ada',
    to: { account_id: 'bob' },
    amount: '10',
    funding: 'transfer',
    message: null,
  });
  return accepted.value;
}

type Ended = { failed: string | undefined; report: ReconcileReport; details: string };

/** Triggers the schedule and waits for its run, which may fail. */
async function reconcile(): Promise<Ended> {
  const schedule = rig.client.schedule.getHandle(SCHEDULES.reconcile);
  const runs = async () => (await schedule.describe()).info.recentActions;
  const before = (await runs()).length;
  await schedule.trigger('SKIP');
  while ((await runs()).length === before) await rig.sleep(50);
  const { workflowId, firstExecutionRunId } = (await runs()).at(-1)?.action.workflow ?? {};
  const handle = rig.client.workflow.getHandle(`${workflowId}`, firstExecutionRunId);
  rig.replayLater(`${workflowId}`);
  const details = async () =>
    ((await handle.query('__temporal_workflow_metadata')) as { currentDetails?: string }).currentDetails ??
    '';
  try {
    return { failed: undefined, report: await handle.result(), details: await details() };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
    const report = error.cause.details?.[0] as ReconcileReport;
    return { failed: error.cause.message, report, details: await details() };
  }
}

test('a run with a poisoned gift and a broken duty does all the rest, reports, and fails last', async () => {
  const bad = await acceptedAgo(80 * MINUTE);
  const others = [await acceptedAgo(79 * MINUTE), await acceptedAgo(78 * MINUTE)];
  await poison.add(bad.id);
  await rig.own.sql('ALTER TABLE boon.purchases RENAME COLUMN expires_at TO expires');
  const { failed, report, details } = await reconcile();
  await rig.own.sql('ALTER TABLE boon.purchases RENAME COLUMN expires TO expires_at');

  // The good ones are ended by the run or by their own processes, which it starts, whichever comes first.
  expect(failed).toMatch(/end a gift that is overdue: [012] done, 1 failed/);
  expect(failed).toContain('start the process of a purchase');
  expect(report).toMatchObject({
    duties: { gift_ends: { failed: 1 }, sealing: { failed: 0 }, campaigns: { failed: 0 } },
  });
  expect(report.duties?.purchases?.error).toEqual(expect.any(String));
  expect(report.sealed_blocks).toBeGreaterThan(0);
  for (const { id } of others) {
    const status = async () => (await rig.ledger.findGift(id)).status;
    await expect.poll(status, { timeout: 30_000 }).toBe('settled');
  }
  expect(details).toMatch(/\*\*end a gift that is overdue: [012] done, 1 failed/);
  expect(details).toContain('boon stuck list');
});

test('the run after one that failed goes on from where that one came to, and does not fail for what waits', async () => {
  const recent = await acceptedAgo(2 * MINUTE);
  const { failed, report } = await reconcile();
  expect(failed).toBeUndefined();
  // Only the recent one: those accepted before the run that failed were looked at by it.
  expect(report).toMatchObject({
    checked: 1,
    started: 1,
    duties: { gift_ends: { failed: 0, oldest: expect.any(String) } },
  });
  expect((await rig.client.workflow.getHandle(`gift/${recent.id}`).describe()).status.name).toBe('RUNNING');
  expect((await rig.ledger.listStuckItems({}, { limit: 10 })).data).toMatchObject([
    { what: 'gift_ends', tries: 1, last_error: 'the row is poisoned' },
  ]);
});

test('what an operator has tried again is done and forgotten, once it can be', async () => {
  for (const id of [...(await rig.ledger.listStuckItems({}, { limit: 10 })).data].map((one) => one.item)) {
    await poison.remove(id);
  }
  const [item] = (await rig.ledger.listStuckItems({}, { limit: 10 })).data;
  await rig.ledger.retryStuckItem({ key: 'retry', id: `${item?.id}`, at: new Date().toISOString() });
  // Its own process may have been faster.
  expect(await reconcile()).toMatchObject({ failed: undefined });
  await rig.until({ id: `${item?.item}` }, 'settled');
  expect((await rig.ledger.listStuckItems({}, { limit: 10 })).data).toEqual([]);
});
