/** Processes that fail for good while the ledger has open what they are for: started again ever later, and shown as stuck. */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import type { Payments } from '../../src/contracts/purchases/payments.ts';
import { refundWorkflowId } from '../../src/contracts/purchases/refund.ts';
import { rewardWindowWorkflowId } from '../../src/contracts/referrals/referral.ts';
import type { StuckItem } from '../../src/contracts/stuck-item.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { refundRuns } from '../../src/temporal/purchases/refund-runs.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { bought } from '../support/purchases.ts';
import { askRefund } from '../support/refunds.ts';
import { devNamespace } from '../support/temporal-server.ts';

let rig: GiftRig;
/** Of a provider that refuses for good what it should take: no process comes to its end. */
let isRefusing = true;
const payments = {
  refund: async ({ id }, _payment, at) => {
    if (isRefusing)
      throw ApplicationFailure.create({
        message: 'the key was revoked',
        type: 'revoked',
        nonRetryable: true,
      });
    return { at, refund_id: id, status: 'pending', provider_id: `re_${id}` };
  },
} as Payments;

beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { worker: { payments } });
});
afterAll(() => rig.close());

const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
const stuck = async (item: string): Promise<StuckItem | undefined> =>
  (await rig.ledger.listStuckItems({}, { limit: 100 })).data.find((one) => one.item === item);
let runs = 0;
/** Whether it fails or not. */
async function reconcile(): Promise<void> {
  runs += 1;
  const workflowId = `by-hand-${runs}`;
  await rig.client.workflow
    .execute('reconcile', { taskQueue: TASK_QUEUE, workflowId })
    .catch(() => undefined);
}
const run = async (workflowId: string) => await rig.client.workflow.getHandle(workflowId).describe();
async function untilFailed(workflowId: string): Promise<void> {
  const status = async () => (await run(workflowId)).status.name;
  await expect.poll(status, { timeout: 30_000 }).toBe('FAILED');
}
/** Visibility hears of an end a moment later; until then a sweep takes it to run. */
async function reconcileUntil(item: string, tries: number): Promise<StuckItem> {
  const found = async () => {
    await reconcile();
    return (await stuck(item))?.tries;
  };
  await expect.poll(found, { timeout: 60_000, interval: 500 }).toBe(tries);
  return (await stuck(item)) as StuckItem;
}

test('a refund whose process fails is started again ever later, shown as stuck meanwhile, and forgotten once it runs', async () => {
  await rig.seed('ada');
  const refund = await askRefund(
    rig.ledger,
    await bought(rig.ledger, 'ada', 'credits-100', { at: ago(180_000) }),
    {
      at: ago(120_000),
    },
  );
  const workflowId = refundWorkflowId(refund.id);
  await refundRuns(rig.client, TASK_QUEUE).restart(refund);
  await untilFailed(workflowId);

  const first = await reconcileUntil(refund.id, 1);
  expect(first).toMatchObject({
    what: 'refunds',
    last_error: expect.stringContaining('the key was revoked'),
  });
  expect(first.last_error).toMatch(/^its process failed, and was started again/);
  expect(Date.parse(first.next_try_at) - Date.parse(first.tried_at)).toBe(60_000);
  await untilFailed(workflowId);
  const { runId } = await run(workflowId);
  // Aside: it is left alone.
  await reconcile();
  expect((await run(workflowId)).runId).toBe(runId);
  expect(await stuck(refund.id)).toEqual(first);

  // Its time has come: once more in vain, and the next pause is longer.
  await rig.own.sql('UPDATE boon.stuck_items SET next_try_at = tried_at WHERE item = $1', [refund.id]);
  const second = await reconcileUntil(refund.id, 2);
  expect(Date.parse(second.next_try_at) - Date.parse(second.tried_at)).toBe(120_000);
  expect(second.since).toBe(first.since);
  await untilFailed(workflowId);

  // What it needed is there again: the next try starts it, and the one after that finds it running.
  isRefusing = false;
  await rig.own.sql('UPDATE boon.stuck_items SET next_try_at = tried_at WHERE item = $1', [refund.id]);
  await reconcileUntil(refund.id, 3);
  expect((await run(workflowId)).status.name).toBe('RUNNING');
  await rig.ledger.retryStuckItem({ key: 'retry', id: second.id, at: ago(0) });
  await expect
    .poll(
      async () => {
        await reconcile();
        return await stuck(refund.id);
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBeUndefined();
  expect((await run(workflowId)).status.name).toBe('RUNNING');
});

test('gifts and reward windows whose process failed are started again at once, and shown as stuck', async () => {
  await rig.seed('bob', '100');
  await rig.seed('eve');
  const accepted = await rig.ledger.acceptGift({
    key: 'accept:failing',
    id: 'gft_01m7ya8erw7k0at1vb5nxqj3p2',
    at: ago(120_000),
    from: 'bob',
    to: { account_id: 'eve' },
    amount: '1',
    funding: 'transfer',
    message: null,
  });
  const gift = giftWorkflowId(accepted.value.id);
  const program = 'codex-selective';
  const { month } = await rig.ledger.rewardWindow('bob', program, ago(0));
  const raise = { account_id: 'bob', program, month, cap: 4, reason: 'more', by: 'mia' };
  await rig.ledger.raiseCap({ key: 'raise:failing', at: ago(0), ...raise });
  const window = rewardWindowWorkflowId('bob', month);
  // Without an input, which each refuses.
  for (const [type, workflowId] of [
    ['gift', gift],
    ['rewardWindow', window],
  ] as const) {
    await rig.client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [] });
    await untilFailed(workflowId);
  }
  for (const [item, what, workflowId] of [
    [accepted.value.id, expect.stringMatching(/^(gift_starts|lost_gifts)$/), gift],
    [`bob/${month}`, 'reward_windows', window],
  ] as const) {
    expect(await reconcileUntil(item, 1)).toMatchObject({
      what,
      last_error: expect.stringContaining('must'),
    });
    expect((await run(workflowId)).status.name).toBe('RUNNING');
  }
});
