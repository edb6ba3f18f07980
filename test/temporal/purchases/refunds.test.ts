import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Purchase } from '../../../src/contracts/purchases/purchase.ts';
import {
  type Refund,
  type RefundWorkflow,
  refundWorkflowId,
} from '../../../src/contracts/purchases/refund.ts';
import { RECONCILE_WORKFLOW, type ReconcileReport, TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { createRefundProcess } from '../../../src/temporal/purchases/refund-process.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { bought, usd } from '../../support/purchases.ts';
import { askRefund, hearOfRefund } from '../../support/refunds.ts';
import { WEBHOOK_SECRET } from '../../support/stripe-events.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in.ts';
import { devNamespace } from '../../support/temporal-server.ts';
import { charge } from '../../support/usage.ts';

let rig: GiftRig;
let stripe: StripeStandIn;
let process: ReturnType<typeof createRefundProcess>;
let ada = '';
let people = 0;
beforeAll(async () => {
  stripe = await startStripeStandIn();
  const options = { apiKey: 'sk_test_123', webhookSecret: WEBHOOK_SECRET, apiBase: stripe.url };
  const payments = createStripePayments({ ...options, backTo: () => 'https://boon.example/credits' });
  rig = await giftRig(await devNamespace(), { worker: { payments } });
  process = createRefundProcess({ client: rig.client, taskQueue: TASK_QUEUE, patience: 30_000 });
});
afterAll(async () => {
  await rig.close();
  await stripe.close();
});
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  stripe.refundsAre('succeeded');
  await rig.seed(ada);
  await rig.ledger.putAccount(ada, { plan: 'plus', email: `${ada}@example.com` }, await rig.now());
});

const now = () => new Date().toISOString();
const buys = (name = 'credits-100') => bought(rig.ledger, ada, name, { at: now() });
async function asked(purchase: Purchase, more: object = {}): Promise<Refund> {
  const refund = await askRefund(rig.ledger, purchase, { at: now(), ...more });
  rig.replayLater(refundWorkflowId(refund.id));
  return refund;
}
const handle = ({ id }: { id: string }) =>
  rig.client.workflow.getHandle<RefundWorkflow>(refundWorkflowId(id));
const mailsTo = (who: string) => rig.mail.mails.filter(({ to }) => to.includes(`${who}@example.com`));
const madeFor = ({ id }: { id: string }) =>
  stripe.refunds.filter(({ metadata }) => metadata.refund_id === id);
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries > 600) throw new Error('It did not come');
    await rig.sleep(50);
  }
}
const hasBeenMade = (refund: Refund) => until(() => madeFor(refund).length === 1);

test('a refund is sent by Stripe, noted, mailed with what it took, and shown in the Web UI', async () => {
  const purchase = await buys();
  await charge(rig.ledger, ada, { units: '55', at: now() });
  const refund = await asked(purchase, { include_spent: true });
  await process.start(refund);
  expect(await handle(refund).result()).toEqual({ status: 'succeeded' });
  expect(madeFor(refund)).toMatchObject([{ amount: 400 }]);
  expect(await rig.ledger.findPurchase(purchase.id)).toMatchObject({
    status: 'refunded',
    refunded: usd(400),
  });
  const [mail, ...more] = mailsTo(ada);
  expect(more).toEqual([]);
  expect(mail?.headers.get('subject')).toBe('4.00 USD go back to you');
  const { taken_back: taken, owed } = refund;
  expect(Number(taken.credits) + Number(owed)).toBe(100);
  expect(mail?.body).toContain(`${taken.credits} credits were taken out of your account`);
  expect(mail?.body).toContain(`You had spent ${owed} of the credits`);

  const described = await handle(refund).describe();
  expect(described.searchAttributes).toMatchObject({ BoonAccount: [ada], BoonProgram: ['refund'] });
  expect(described.searchAttributes.BoonStatus).toBeUndefined();
  expect(await described.staticSummary()).toBe(`${ada} gets back 4.00 USD`);
});

test('a refund that Stripe refuses fails with Stripe’s reason; what it took is there again, and nobody is mailed', async () => {
  stripe.refundsAre('CHARGE_DISPUTED');
  const purchase = await buys();
  const refund = await asked(purchase);
  expect(await rig.available(ada)).toBe('0');
  await process.start(refund);
  expect(await handle(refund).result()).toEqual({ status: 'failed', reason_code: 'charge_disputed' });
  expect(await rig.available(ada)).toBe('100');
  expect(mailsTo(ada)).toEqual([]);
  expect((await handle(refund).describe()).searchAttributes.BoonStatus).toEqual(['failed']);
});

test('a refund that waits for the bank ends with the webhook, though somebody requested its cancellation', async () => {
  stripe.refundsAre('pending');
  const refund = await asked(await buys(), { amount: 100 });
  await process.start(refund);
  await until(
    async () => (await handle(refund).query('status')) !== undefined && madeFor(refund).length === 1,
  );
  await handle(refund).cancel();
  await process.changed(await hearOfRefund(rig.ledger, refund, 'succeeded', { at: now() }));
  expect(await handle(refund).result()).toEqual({ status: 'succeeded' });
  expect(mailsTo(ada)).toHaveLength(1);
});

test('a refund whose bank sends the money back is failed, and the credits are there again', async () => {
  stripe.refundsAre('pending');
  const refund = await asked(await buys());
  await process.start(refund);
  await hasBeenMade(refund);
  const failed = { at: now(), reason_code: 'expired_or_canceled_card' };
  await process.changed(await hearOfRefund(rig.ledger, refund, 'failed', failed));
  expect(await handle(refund).result()).toEqual({ status: 'failed', reason_code: failed.reason_code });
  expect(await rig.available(ada)).toBe('100');
});

test('a refund that is done before its process begins just mails', async () => {
  const refund = await asked(await buys());
  const done = await hearOfRefund(rig.ledger, refund, 'succeeded', { at: now() });
  await process.start(done);
  expect(await handle(refund).result()).toEqual({ status: 'succeeded' });
  expect(madeFor(refund)).toEqual([]);
  expect(mailsTo(ada)).toHaveLength(1);
});

test('while Stripe is away the refund waits, and is then sent once', async () => {
  const refund = await asked(await buys());
  // The client itself tries each call twice.
  stripe.failWith(503, 4);
  await process.start(refund);
  expect(await handle(refund).result()).toEqual({ status: 'succeeded' });
  expect(madeFor(refund)).toHaveLength(1);
});

test('reconcile starts the process of a refund that has none, once, also after it was terminated', async () => {
  stripe.refundsAre('pending');
  const begun = new Date(Date.now() - 120_000).toISOString();
  const refund = await asked(await bought(rig.ledger, ada, 'credits-100', { at: begun }), { at: begun });
  const restarted = async () => {
    const options = { taskQueue: TASK_QUEUE, workflowId: `reconcile-${crypto.randomUUID()}` };
    const report = (await rig.client.workflow.execute(RECONCILE_WORKFLOW, options)) as ReconcileReport;
    return report.purchases.refunds_started;
  };
  expect(await restarted()).toBe(1);
  await hasBeenMade(refund);
  await until(async () => (await restarted()) === 0);
  await handle(refund).terminate('an operator slipped');
  await until(async () => (await restarted()) === 1);
  stripe.refundsAre('succeeded');
  await process.changed(await hearOfRefund(rig.ledger, refund, 'succeeded', { at: now() }));
  expect(await handle(refund).result()).toEqual({ status: 'succeeded' });
  expect(madeFor(refund)).toHaveLength(1);
});

test('an input that is not the refund of the workflow’s id is refused', async () => {
  const refused = rig.client.workflow.execute('refund', {
    taskQueue: TASK_QUEUE,
    workflowId: refundWorkflowId('rfd_made_up'),
    args: [{ refund: { id: 'rfd_another' } }],
  });
  await expect(refused).rejects.toMatchObject({ cause: { type: 'validation_failed' } });
});
