import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PurchaseWorkflow, purchaseWorkflowId } from '../../src/contracts/purchases/purchase.ts';
import { type Refund, type RefundWorkflow, refundWorkflowId } from '../../src/contracts/purchases/refund.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { purchaseRuns } from '../../src/temporal/purchases/purchase-runs.ts';
import { refundRuns } from '../../src/temporal/purchases/refund-runs.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { bought, CONSENT, newPurchaseId } from '../support/purchases.ts';
import { askRefund } from '../support/refunds.ts';
import { WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { type StripeStandIn, startStripeStandIn } from '../support/stripe-stand-in.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified } from '../support/test-ledger.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

let rig: GiftRig;
let stripe: StripeStandIn;
beforeAll(async () => {
  stripe = await startStripeStandIn();
  rig = await giftRig(await devNamespace(), { worker: false });
});
afterAll(async () => {
  await rig.close();
  await stripe.close();
});

const now = () => new Date().toISOString();

/** A top-up that is written down and not charged yet. */
async function begunTopUp(account: string) {
  await rig.seed(account);
  await bought(rig.ledger, account, 'reset-1', { at: now(), save_card: true });
  await rig.ledger.putTopUp(account, CONSENT, 'user', now());
  const topUp = await rig.ledger.beginTopUp(account, newPurchaseId(), now());
  if (topUp === undefined) throw new Error('It was due');
  rig.replayLater(purchaseWorkflowId(topUp.id));
  return topUp;
}

/** A refund whose credits are taken and whose money is not sent yet. */
async function begunRefund(account: string): Promise<Refund> {
  await rig.seed(account);
  const purchase = await bought(rig.ledger, account, 'credits-100', { at: now() });
  const refund = await askRefund(rig.ledger, purchase, { at: now() });
  rig.replayLater(refundWorkflowId(refund.id));
  return refund;
}

/** Holds the account, so that whatever would write to it waits. */
async function held(account: string) {
  const client = new pg.Client({ connectionString: rig.own.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM boon.ledger_accounts WHERE id = $1 FOR UPDATE', [account]);
  return {
    async release() {
      await client.query('ROLLBACK');
      await client.end();
    },
  };
}

const WAITING = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'hear_of_'`;

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries > 1200) throw new Error('It did not come');
    await rig.sleep(50);
  }
}

test('a worker killed between Stripe’s money and the ledger: the next one asks Stripe under the same keys and notes each once', {
  // Temporal waits a minute for the killed worker's answers.
  timeout: 240_000,
}, async () => {
  const topUp = await begunTopUp('charged');
  const [unnoted, unanswered] = [await begunRefund('unnoted'), await begunRefund('unanswered')];
  const locks = [await held('charged'), await held('unnoted')];
  const database = new URL(rig.own.url);
  const proxy = await tcpProxy(database.hostname, Number(database.port));
  database.host = `127.0.0.1:${proxy.port}`;
  const env = {
    STRIPE_API_KEY: 'sk_test_123',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.url,
  };
  const worker = await startWorkerProcess(rig, {}, { ...env, DATABASE_URL: database.href });

  // Two are paid at Stripe, and the ledger's note of it stands before a lock.
  stripe.listIsLate(true);
  const refunds = refundRuns(rig.client, TASK_QUEUE);
  await purchaseRuns(rig.client, TASK_QUEUE).restart(topUp);
  await refunds.restart(unnoted);
  await until(async () => (await rig.own.sql(`SELECT pid ${WAITING}`)).length === 2);
  // The third is noted, and the worker never learns.
  proxy.swallowAnswers('hear_of_refund');
  await refunds.restart(unanswered);
  await until(async () => (await rig.ledger.findRefund(unanswered.id)).status === 'succeeded');
  expect(await worker.end('SIGKILL')).toBe(null);
  await proxy.close();
  // The database would go on with what the dead worker asked for.
  await rig.own.sql(`SELECT pg_terminate_backend(pid) ${WAITING}`);
  await until(async () => (await rig.own.sql(`SELECT pid ${WAITING}`)).length === 0);
  for (const lock of locks) await lock.release();

  expect({ charges: stripe.charges.length, refunds: stripe.refunds.length }).toEqual({
    charges: 1,
    refunds: 2,
  });
  expect(await rig.ledger.findPurchase(topUp.id)).toMatchObject({ status: 'open' });
  expect(await rig.ledger.findRefund(unnoted.id)).toMatchObject({ status: 'pending' });
  expect(await rig.available('charged')).toBe('0');

  const next = await startWorkerProcess(rig, {}, env);
  const { workflow } = rig.client;
  const charged = workflow.getHandle<PurchaseWorkflow>(purchaseWorkflowId(topUp.id));
  expect(await charged.result()).toEqual({ status: 'paid' });
  for (const { id } of [unnoted, unanswered]) {
    const handle = workflow.getHandle<RefundWorkflow>(refundWorkflowId(id));
    expect(await handle.result()).toEqual({ status: 'succeeded' });
  }
  // Asked again, under the same keys; charged, refunded and noted once.
  const keysOf = (call: string) => stripe.calls.filter((one) => one.call === call).map(({ key }) => key);
  const topUpKey = `purchase/${topUp.id}:charge`;
  expect(keysOf('POST /v1/payment_intents')).toEqual([topUpKey, topUpKey]);
  const refundKeys = [unnoted, unanswered, unnoted].map(({ id }) => `refund/${id}:refund`);
  expect(keysOf('POST /v1/refunds').sort()).toEqual(refundKeys.sort());
  expect({ charges: stripe.charges.length, refunds: stripe.refunds.length }).toEqual({
    charges: 1,
    refunds: 2,
  });
  expect(await rig.available('charged')).toBe('100');
  expect(await rig.available('unnoted')).toBe('0');
  const told = await rig.own.sql(
    `SELECT type, count(*)::int FROM boon.events WHERE (type = 'purchase.paid' AND subject = $1) OR type = 'refund.succeeded' GROUP BY 1 ORDER BY 1`,
    [topUp.id],
  );
  expect(told).toEqual([
    { type: 'purchase.paid', count: 1 },
    { type: 'refund.succeeded', count: 2 },
  ]);
  await expectVerified(rig.ledger);
  expect(await next.end('SIGTERM')).toBe(0);
});
