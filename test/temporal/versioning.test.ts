import { afterAll, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { RECONCILE_WORKFLOW, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { makeCurrent } from '../../src/temporal/versioning.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';

const ONE = { name: 'boon', buildId: 'build-1' };
const TWO = { name: 'boon', buildId: 'build-2' };

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), {
    policy: { gifts: { settlement: 'PT6S' } },
    worker: { deployment: ONE },
  });
  await makeCurrent(rig.client, ONE);
  await rig.seed('ada', '1000');
  await rig.seed('bob');
});
afterAll(() => rig.close());

/** The builds that completed the tasks of a workflow, in order. */
async function buildsOf(workflowId: string): Promise<string[]> {
  const { events } = await rig.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: done }) =>
    done == null ? [] : [done.deploymentVersion?.buildId ?? 'unversioned'],
  );
}

test('a gift that has begun finishes on its version, one that begins later runs on the current one', async () => {
  const begun = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
  await rig.act(begun, 'hold');
  await rig.act(begun, 'release');
  // Its start is delayed over the change: it has not begun yet.
  const at = new Date(Date.now() + 25_000).toISOString();
  const waiting = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10', at });

  await rig.startWorker({ deployment: TWO });
  await makeCurrent(rig.client, TWO);
  const late = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
  for (const gift of [begun, waiting, late]) {
    await rig.until(gift, 'settled');
    await rig.untilClosed(gift);
  }
  expect(new Set(await buildsOf(giftWorkflowId(begun.id)))).toEqual(new Set(['build-1']));
  expect(await buildsOf(giftWorkflowId(waiting.id))).toEqual(['build-2']);
  expect(await buildsOf(giftWorkflowId(late.id))).toEqual(['build-2']);
  const { raw } = await rig.client.workflow.getHandle(giftWorkflowId(begun.id)).describe();
  expect(raw.workflowExecutionInfo?.versioningInfo?.behavior).toBe(1); // pinned
});

test('a versioned gift without incident stays at 6 events and at most 1,800 bytes', async () => {
  const id = 'gft_06bq2n6y3v8k5s7r1x4z9m0c2d';
  const gift = await rig.give({ id, from: 'ada', to: { account_id: 'bob' }, amount: '12.5' });
  await rig.until(gift, 'settled');
  await rig.untilClosed(gift);
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  expect((await handle.fetchHistory()).events).toHaveLength(6);
  const { historySize } = await handle.describe();
  expect(historySize).toBeLessThanOrEqual(1800);
});

test('recurring work runs on the current version', async () => {
  const workflowId = 'reconcile-now';
  await rig.client.workflow.execute(RECONCILE_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId });
  expect(new Set(await buildsOf(workflowId))).toEqual(new Set(['build-2']));
  rig.replayLater(workflowId);
});
