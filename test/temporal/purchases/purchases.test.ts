import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BoonError } from '../../../src/contracts/errors.ts';
import type { Payments } from '../../../src/contracts/purchases/payments.ts';
import type { PaymentNews, Purchase, PurchaseWorkflow } from '../../../src/contracts/purchases/purchase.ts';
import { purchaseWorkflowId } from '../../../src/contracts/purchases/purchase.ts';
import { TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { createPurchaseProcess } from '../../../src/temporal/purchases/purchase-process.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { bought, buy, CONSENT, hear, newPurchaseId, paidFor } from '../../support/purchases.ts';
import { WEBHOOK_SECRET } from '../../support/stripe-events.ts';
import { type StripeMock, startStripeMock } from '../../support/stripe-mock.ts';
import { devNamespace } from '../../support/temporal-server.ts';

const DAY = 86_400_000;
let rig: GiftRig;
let stripe: StripeMock;
let real: Payments;
let ada = '';
let people = 0;
/** What the bank says next, where Stripe's mock, which keeps no state, cannot say it. */
let bank: Partial<Pick<Payments, 'charge' | 'closeCheckout'>> = {};
let process: ReturnType<typeof createPurchaseProcess>;

beforeAll(async () => {
  stripe = await startStripeMock();
  const backTo = () => 'https://boon.example/credits';
  const options = { apiKey: 'sk_test_123', webhookSecret: WEBHOOK_SECRET, backTo };
  real = createStripePayments({ ...options, apiBase: stripe.url });
  const payments: Payments = {
    ...real,
    charge: (...asked) => (bank.charge ?? real.charge)(...asked),
    closeCheckout: (...asked) => (bank.closeCheckout ?? real.closeCheckout)(...asked),
  };
  rig = await giftRig(await devNamespace(), { worker: { payments } });
  process = createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE });
});
afterAll(async () => {
  await rig.close();
  stripe.close();
});
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  bank = {};
  await rig.seed(ada);
  await rig.ledger.putAccount(ada, { plan: 'plus', email: `${ada}@example.com` }, await rig.now());
});

const handle = ({ id }: { id: string }) =>
  rig.client.workflow.getHandle<PurchaseWorkflow>(purchaseWorkflowId(id));
/** Begun so long ago that its time to be paid is over. */
const overdue = () =>
  buy(rig.ledger, ada, 'credits-100', { at: new Date(Date.now() - DAY - 1000).toISOString() });
const saying =
  (said: { said: 'paid'; payment_id: string }) =>
  async (purchase: Purchase, ..._more: unknown[]): Promise<PaymentNews> =>
    await paidFor(rig.ledger, purchase.id, { at: new Date().toISOString(), ...said });
const paid = (id: string) => ({ said: 'paid', payment_id: `pi_${id}` }) as const;
/** An account with a card, below its sum, that consents. */
async function consenting(): Promise<void> {
  const at = new Date().toISOString();
  await bought(rig.ledger, ada, 'reset-1', { at, save_card: true });
  await rig.ledger.putTopUp(ada, CONSENT, 'user', at);
}
async function sweep(): Promise<{ started: number; topped_up: number }> {
  const report = await rig.client.workflow.execute('reconcile', {
    taskQueue: TASK_QUEUE,
    workflowId: `sweep-${ada}-${Math.random()}`,
  });
  return (report as { purchases: { started: number; topped_up: number } }).purchases;
}
const topUps = async () =>
  (await rig.ledger.listPurchases(ada, { limit: 10 })).data.filter(({ kind }) => kind === 'top_up');

describe('the process of a purchase', () => {
  test('waits for the payment, mails the receipt and ends', async () => {
    const purchase = await buy(rig.ledger, ada, 'credits-100', { at: new Date().toISOString() });
    await process.start(purchase);
    await process.changed(
      await hear(rig.ledger, purchase, { ...paid(purchase.id), at: new Date().toISOString() }),
    );
    expect(await handle(purchase).result()).toEqual({ status: 'paid' });
    expect(rig.mail.mails.filter((mail) => JSON.stringify(mail).includes(`${ada}@example.com`))).toHaveLength(
      1,
    );
    rig.replayLater(purchaseWorkflowId(purchase.id));
  });

  test('of one that was paid before it began just mails', async () => {
    const purchase = await buy(rig.ledger, ada, 'credits-100', { at: new Date().toISOString() });
    await process.start(await hear(rig.ledger, purchase, paid(purchase.id)));
    expect(await handle(purchase).result()).toEqual({ status: 'paid' });
  });

  test('whose payment never comes ends when its time is over', async () => {
    const purchase = await overdue();
    await process.start(purchase);
    expect(await handle(purchase).result()).toEqual({ status: 'expired' });
    expect(await rig.ledger.findPurchase(purchase.id)).toMatchObject({ status: 'expired' });
    rig.replayLater(purchaseWorkflowId(purchase.id));
  });

  test('whose webhook was lost asks at the end of its time, and credits what was paid', async () => {
    const purchase = await overdue();
    bank.closeCheckout = saying(paid(purchase.id));
    await process.start(purchase);
    expect(await handle(purchase).result()).toEqual({ status: 'paid' });
    expect(await rig.available(ada)).toBe('100');
  });

  test('closes a page at Stripe that nobody paid on', async () => {
    const purchase = await overdue();
    await rig.ledger.noteCheckout(
      purchase.id,
      { id: 'cs_test_open', url: 'https://pay.example' },
      await rig.now(),
    );
    await process.start(purchase);
    expect(await handle(purchase).result()).toEqual({ status: 'expired' });
  });

  test('shows a payment that does not fit while it waits, is found by it, and goes on', async () => {
    const at = new Date().toISOString();
    const purchase = await buy(rig.ledger, ada, 'credits-100', { at });
    await process.start(purchase);
    const said = { said: 'paid', at, payment_id: 'pi_link', checkout_id: 'cs_link', amount: 100 } as const;
    const heard = await rig.ledger.hearOfPayment(await paidFor(rig.ledger, purchase.id, said));
    await process.changed(purchase, heard?.case ?? undefined);
    await expect
      .poll(async () => await handle(purchase).query('status'), { timeout: 10_000 })
      .toMatchObject({ status: 'open', case: { id: heard?.case?.id, reason_code: 'wrong_checkout' } });
    await expect
      .poll(async () => (await handle(purchase).describe()).searchAttributes.BoonStatus, { timeout: 10_000 })
      .toEqual(['case']);
    const metadata = (await handle(purchase).query('__temporal_workflow_metadata')) as {
      currentDetails?: string;
    };
    expect(metadata.currentDetails).toContain(`Case \`${heard?.case?.id}\`**: paid on another page`);
    await process.changed(await hear(rig.ledger, purchase, paid(purchase.id)));
    expect(await handle(purchase).result()).toEqual({ status: 'paid' });
    rig.replayLater(purchaseWorkflowId(purchase.id));
  });

  test('of one that was paid before it could begin is begun by reconcile, and mails, once', async () => {
    const at = new Date(Date.now() - 120_000).toISOString();
    const purchase = await buy(rig.ledger, ada, 'credits-100', { at });
    await hear(rig.ledger, purchase, { ...paid(purchase.id), at });
    await sweep();
    expect(await handle(purchase).result()).toEqual({ status: 'paid' });
    await sweep();
    const mails = rig.mail.mails.filter((mail) => JSON.stringify(mail).includes(`${ada}@example.com`));
    expect(mails).toHaveLength(1);
  });

  test('that was terminated is started again by reconcile', async () => {
    const purchase = await buy(rig.ledger, ada, 'credits-100', {
      at: new Date(Date.now() - 120_000).toISOString(),
    });
    await process.start(purchase);
    await handle(purchase).terminate();
    expect(await sweep()).toMatchObject({ started: 1 });
    await process.changed(await hear(rig.ledger, purchase, paid(purchase.id)));
    expect(await handle(purchase).result()).toEqual({ status: 'paid' });
  });
});

describe('an automatic top-up', () => {
  test('is begun by the sweep, charged, credited and mailed, once', async () => {
    await consenting();
    bank.charge = async (purchase) => await saying(paid(purchase.id))(purchase);
    expect(await sweep()).toMatchObject({ topped_up: 1 });
    const [topUp] = await topUps();
    expect(await handle({ id: `${topUp?.id}` }).result()).toEqual({ status: 'paid' });
    expect(await rig.available(ada)).toBe('100');
    expect(await sweep()).toMatchObject({ topped_up: 0 });
    expect(await topUps()).toHaveLength(1);
  });

  test('whose answer is lost between charge and credit is asked again under its key, and credited once', async () => {
    await consenting();
    let asked = 0;
    bank.charge = async (purchase) => {
      asked += 1;
      if (asked === 1) throw new BoonError('unavailable', 'the connection broke after the charge');
      return await saying(paid(purchase.id))(purchase);
    };
    await sweep();
    const [topUp] = await topUps();
    expect(await handle({ id: `${topUp?.id}` }).result()).toEqual({ status: 'paid' });
    expect(asked).toBe(2);
    expect(await rig.available(ada)).toBe('100');
  });

  test('that Stripe wants somebody to confirm fails with the reason, and says so', async () => {
    await consenting();
    await sweep();
    const [topUp] = await topUps();
    expect(await handle({ id: `${topUp?.id}` }).result()).toEqual({
      status: 'failed',
      reason_code: 'authentication_required',
    });
    expect(await rig.ledger.topUp(ada, await rig.now())).toMatchObject({
      enabled: true,
      paused_until: expect.any(String),
    });
  });

  test('is not charged when the consent was withdrawn after it began', async () => {
    await consenting();
    bank.charge = async () => {
      throw new Error('charged without consent');
    };
    const topUp = await rig.ledger.beginTopUp(ada, newPurchaseId(), new Date().toISOString());
    await rig.ledger.putTopUp(ada, null, 'user', new Date().toISOString());
    if (topUp === undefined) throw new Error('It was due');
    await process.start(topUp);
    expect(await handle(topUp).result()).toEqual({ status: 'failed', reason_code: 'consent_withdrawn' });
  });
});

test('expiry reminds of bought credits', async () => {
  const at = new Date();
  at.setUTCMonth(at.getUTCMonth() - 12);
  await bought(rig.ledger, ada, 'credits-100', { at: new Date(at.getTime() + 6.5 * DAY).toISOString() });
  const report = await rig.client.workflow.execute('expiry', {
    taskQueue: TASK_QUEUE,
    workflowId: `expiry-${ada}`,
  });
  expect(report).toMatchObject({ credit_reminders_sent: 1 });
});
