import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Payments } from '../../../src/contracts/purchases/payments.ts';
import { type RefundWorkflow, refundWorkflowId } from '../../../src/contracts/purchases/refund.ts';
import { TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { refundRuns } from '../../../src/temporal/purchases/refund-runs.ts';
import { DAY, type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { bought } from '../../support/purchases.ts';
import { askRefund } from '../../support/refunds.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let rig: GiftRig;
let asked = 0;
let answersAt = Number.POSITIVE_INFINITY;
beforeAll(async () => {
  /** A bank that takes its time. */
  const refund: Payments['refund'] = async ({ id }, _payment, at) => {
    asked += 1;
    const status = asked >= answersAt ? 'succeeded' : 'pending';
    return { at, refund_id: id, provider_id: `re_${id}`, status };
  };
  rig = await giftRig(await timeSkippingServer(), { worker: { payments: { refund } as Payments } });
});
afterAll(() => rig.close());

async function begun(account: string) {
  asked = 0;
  await rig.seed(account);
  const at = await rig.now();
  const refund = await askRefund(rig.ledger, await bought(rig.ledger, account, 'credits-100', { at }), {
    at,
  });
  await refundRuns(rig.client, TASK_QUEUE).restart(refund);
  rig.replayLater(refundWorkflowId(refund.id));
  await untilItWaits(refund, 1);
  return refund;
}
const result = ({ id }: { id: string }) =>
  rig.client.workflow.getHandle<RefundWorkflow>(refundWorkflowId(id)).result();
/** Until the bank was asked so many times and the process waits for a day: only then may time be skipped. */
async function untilItWaits({ id }: { id: string }, times: number): Promise<void> {
  for (let tries = 0; (await timersOf(id)) < times; tries += 1) {
    if (tries > 600) throw new Error(`It was asked ${asked} times`);
    await pause(50);
  }
  expect(asked).toBe(times);
}
async function timersOf(id: string): Promise<number> {
  const { events = [] } = await rig.client.workflow.getHandle(refundWorkflowId(id)).fetchHistory();
  return (events ?? []).filter((event) => event.timerStartedEventAttributes).length;
}

test('a bank that has not answered is asked after once a day', async () => {
  answersAt = 3;
  const refund = await begun('ada');
  await rig.sleep(DAY - 60_000);
  await untilItWaits(refund, 1);
  await rig.sleep(60_000);
  await untilItWaits(refund, 2);
  await rig.sleep(DAY);
  expect(await result(refund)).toEqual({ status: 'succeeded' });
});

test('after sixty times nobody asks any more; the refund stays pending for the webhook', async () => {
  answersAt = Number.POSITIVE_INFINITY;
  const refund = await begun('bob');
  for (let times = 2; times < 60; times += 1) {
    await rig.sleep(DAY);
    await untilItWaits(refund, times);
  }
  await rig.sleep(DAY);
  expect(await result(refund)).toEqual({ status: 'pending' });
  expect(asked).toBe(60);
  expect(await rig.ledger.findRefund(refund.id)).toMatchObject({ status: 'pending' });
});
