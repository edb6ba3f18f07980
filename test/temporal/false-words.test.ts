import type { Workflow } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import type { Payments } from '../../src/contracts/purchases/payments.ts';
import { purchaseWorkflowId } from '../../src/contracts/purchases/purchase.ts';
import { refundWorkflowId } from '../../src/contracts/purchases/refund.ts';
import { referralWorkflowId } from '../../src/contracts/referrals/referral.ts';
import { type ReconcileReport, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { createPurchaseProcess } from '../../src/temporal/purchases/purchase-process.ts';
import { createRefundProcess } from '../../src/temporal/purchases/refund-process.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { bought, buy, hear } from '../support/purchases.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { inviteRequest } from '../support/referrals.ts';
import { askRefund, hearOfRefund } from '../support/refunds.ts';
import { devNamespace } from '../support/temporal-server.ts';

let rig: GiftRig;
let referrals: ReferralRig;
let people = 0;
/** A bank that takes its time. */
const payments = {
  refund: async ({ id }, _payment, at) => ({ at, refund_id: id, status: 'pending', provider_id: `re_${id}` }),
} as Payments;

beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS, worker: { payments } });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());

const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
const handle = (id: string) => rig.client.workflow.getHandle<Workflow>(id);
const statusOf = async (id: string) => (await handle(id).describe()).status.name;
async function person(credits?: string): Promise<string> {
  people += 1;
  await rig.seed(`person-${people}`, credits);
  return `person-${people}`;
}
async function reconcile(): Promise<ReconcileReport> {
  const workflowId = `by-hand-${Math.random()}`;
  return await rig.client.workflow.execute('reconcile', { taskQueue: TASK_QUEUE, workflowId });
}
/** Waits until the process has looked at the ledger for what it was told, and expects that it has gone on. */
async function staysOpen(workflowId: string, status: string): Promise<void> {
  const looks = async () =>
    (await handle(workflowId).fetchHistory()).events?.filter(
      ({ markerRecordedEventAttributes }) =>
        markerRecordedEventAttributes?.markerName === 'core_local_activity',
    ).length;
  await expect.poll(looks, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(await handle(workflowId).query('status')).toMatchObject({ status });
  expect(await statusOf(workflowId)).toBe('RUNNING');
  rig.replayLater(workflowId);
}

test('a purchase of which somebody claims that it has ended waits for its payment, and takes it', async () => {
  const purchases = createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE });
  const purchase = await buy(rig.ledger, await person(), 'credits-100', { at: ago(0) });
  const workflowId = purchaseWorkflowId(purchase.id);
  await purchases.start(purchase);
  for (const said of [{ status: 'expired' }, { status: 'paid' }, 'paid', null, { status: 7 }])
    await handle(workflowId).signal('changed', said);
  await staysOpen(workflowId, 'open');
  await purchases.changed(await hear(rig.ledger, purchase, { said: 'paid', payment_id: 'pi_1', at: ago(0) }));
  expect(await handle(workflowId).result()).toEqual({ status: 'paid' });
});

test('a refund of which somebody claims that the money is back waits for the bank', async () => {
  const refunds = createRefundProcess({ client: rig.client, taskQueue: TASK_QUEUE });
  const purchase = await bought(rig.ledger, await person(), 'credits-100', { at: ago(0) });
  const refund = await askRefund(rig.ledger, purchase, { at: ago(0) });
  const workflowId = refundWorkflowId(refund.id);
  await refunds.start(refund);
  await handle(workflowId).signal('changed', { status: 'succeeded' });
  await staysOpen(workflowId, 'pending');
  await refunds.changed(await hearOfRefund(rig.ledger, refund, 'succeeded', { at: ago(0) }));
  expect(await handle(workflowId).result()).toEqual({ status: 'succeeded' });
});

test('a referral of which somebody claims that it has ended goes on', async () => {
  const invited = await referrals.invite(await person());
  const workflowId = referralWorkflowId(invited.id);
  for (const status of ['rewarded', 'canceled', 'expired'])
    await handle(workflowId).signal('changed', { status, program: 'x' });
  await handle(workflowId).signal('prompted', { status: 'rewarded' });
  await staysOpen(workflowId, 'invited');
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
});

test('processes that completed against the ledger are opened again by reconcile, and others are not', async () => {
  const account = await person('100');
  const at = ago(120_000);
  const purchase = await buy(rig.ledger, account, 'credits-100', { at });
  const paid = await bought(rig.ledger, account, 'credits-100', { at });
  const refund = await askRefund(rig.ledger, await bought(rig.ledger, account, 'credits-100', { at }), {
    at,
  });
  const accepted = await rig.ledger.acceptGift({
    key: `accept:${account}`,
    id: `gft_${account}`,
    at,
    from: account,
    to: { account_id: await person() },
    amount: '1',
    funding: 'transfer',
    message: null,
  });
  const gift = accepted.value;
  const referral = (await rig.ledger.invite(inviteRequest(account, { at }))).value;
  const open = [
    purchaseWorkflowId(purchase.id),
    refundWorkflowId(refund.id),
    giftWorkflowId(gift.id),
    referralWorkflowId(referral.id),
  ];
  const ended = purchaseWorkflowId(paid.id);
  // Another workflow under their ids, which completes at once: as little of theirs is done as by a false word.
  for (const workflowId of [...open, ended]) {
    await rig.client.workflow.execute('expiry', { taskQueue: TASK_QUEUE, workflowId });
    expect(await statusOf(workflowId)).toBe('COMPLETED');
  }
  const report = await reconcile();
  expect(report).toMatchObject({
    started: 1,
    referrals: { started: 1 },
    purchases: { started: 1, refunds_started: 1 },
  });
  for (const workflowId of open) expect(await statusOf(workflowId), workflowId).toBe('RUNNING');
  expect(await statusOf(ended)).toBe('COMPLETED');
  // A second run finds them running.
  expect(await reconcile()).toMatchObject({ started: 0, purchases: { started: 0, refunds_started: 0 } });
});
