import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BillingCycleWorkflow, billingCycleWorkflowId } from '../../../src/contracts/billing/invoice.ts';
import { RECONCILE_WORKFLOW, type ReconcileReport, TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { billingMonthOf } from '../../../src/domain/billing-month.ts';
import { billingRuns } from '../../../src/temporal/billing/billing-runs.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { DAY, type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { startRecordingStripe } from '../../support/recording-stripe.ts';
import { devNamespace } from '../../support/temporal-server.ts';
import { expectVerified, newKey } from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

/** A mail that a stopped worker had begun is sent again after a minute. */
const PATIENCE_MS = 180_000;

let rig: GiftRig;
const workers: Awaited<ReturnType<GiftRig['startWorker']>>[] = [];
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: BILLED, worker: false });
});
afterAll(() => rig.close());

/** An organisation with a charge of 12.5 credits in a month that has ended. */
async function ended(org: string) {
  const then = Date.parse(await rig.now()) - 40 * DAY;
  const { name: month, endsAt } = billingMonthOf(1, then);
  await seedInvoiced(rig.ledger, org, [`${org}-member`]);
  await charge(rig.ledger, `${org}-member`, { units: '12.5', at: new Date(then).toISOString() });
  rig.replayLater(billingCycleWorkflowId(org, month));
  return { account_id: org, month, ends_at: new Date(endsAt).toISOString() };
}
const handleOf = ({ account_id, month }: { account_id: string; month: string }) =>
  rig.client.workflow.getHandle<BillingCycleWorkflow>(billingCycleWorkflowId(account_id, month));
async function reconcile(run: string): Promise<ReconcileReport> {
  const options = { taskQueue: TASK_QUEUE, workflowId: `reconcile-${run}` };
  return (await rig.client.workflow.execute(RECONCILE_WORKFLOW, options)) as ReconcileReport;
}

test('a worker dies between the closing and the mail: another mails the one invoice, once', {
  timeout: PATIENCE_MS,
}, async () => {
  const first = await rig.startWorker();
  rig.mail.refuseWith(451);
  const month = await ended('mortal');
  await billingRuns(rig.client, TASK_QUEUE).start(month);
  const { id } = await until(async () => (await rig.ledger.listInvoices('mortal', { limit: 5 })).data[0]);
  await first.stop();
  expect((await rig.ledger.findInvoice(id)).notice).toBeNull();
  rig.mail.refuseWith(undefined);
  workers.push(await rig.startWorker());
  expect(await handleOf(month).result()).toEqual({
    invoice_id: id,
    credits: '12.5',
    provider: false,
    notice: 'sent',
  });
  expect(rig.mail.mails.filter(({ to }) => String(to).includes('books@mortal.example'))).toHaveLength(1);
  expect((await rig.ledger.listInvoices('mortal', { limit: 5 })).data).toHaveLength(1);
  await expectVerified(rig.ledger);
});

test('reconcile starts the cycle of a month that was charged, and starts it anew when it was terminated', async () => {
  const month = await ended('found');
  const now = await rig.now();
  await charge(rig.ledger, 'found-member', { units: '3', at: now });
  const present = { ...month, month: billingMonthOf(1, Date.parse(now)).name };
  expect((await reconcile('first')).billing_cycles_started).toBe(2);
  await handleOf(month).result();
  await handleOf(present).terminate('an operator slipped');
  await until(async () =>
    (await reconcile(crypto.randomUUID())).billing_cycles_started === 1 ? true : undefined,
  );
  expect((await handleOf(present).describe()).status.name).toBe('RUNNING');
  await handleOf(present).terminate();
});

test('an organisation without an address is invoiced all the same', async () => {
  const month = await ended('silent');
  await rig.ledger.putAccount('silent', { plan: 'business', email: null }, await rig.now());
  await billingRuns(rig.client, TASK_QUEUE).start(month);
  expect(await handleOf(month).result()).toMatchObject({ credits: '12.5', notice: 'no_address' });
});

test('an invoice that is corrected is corrected at Stripe: reconcile starts its process again, which mails nobody', {
  timeout: PATIENCE_MS,
}, async () => {
  const stripe = await startRecordingStripe();
  // Workers of the tests before know no provider, and must not take this test's work.
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  const worker = await rig.startWorker({ payments: stripe.payments });
  try {
    const month = await ended('corrected');
    const twin = '/v1/invoices/in_corrected';
    stripe.answers.set('POST /v1/invoices', { id: 'in_corrected' });
    stripe.answers.set(`GET ${twin}`, { id: 'in_corrected', status: 'draft' });
    await billingRuns(rig.client, TASK_QUEUE).start(month);
    const { invoice_id: id } = await handleOf(month).result();
    expect(stripe.calls.map(({ call }) => call)).toContain(`POST ${twin}/finalize`);

    stripe.answers.set(`GET ${twin}`, { id: 'in_corrected', status: 'open' });
    stripe.answers.set('GET /v1/credit_notes', { data: [] });
    // Stripe is away at first: it is asked until it has answered.
    stripe.answers.set(`POST ${twin}/void`, 503);
    const said = { at: await rig.now(), id, said_by: 'operator', reason: 'ticket' };
    await rig.ledger.correctInvoice({ ...said, key: newKey('credit'), kind: 'credit', amount: 5 });
    await rig.ledger.correctInvoice({ ...said, key: newKey('void'), kind: 'void' });
    await until(async () => {
      await reconcile(crypto.randomUUID());
      return stripe.calls.find(({ call }) => call === `POST ${twin}/void`);
    });
    stripe.answers.delete(`POST ${twin}/void`);
    expect(await handleOf(month).result()).toEqual({
      invoice_id: id,
      credits: '12.5',
      provider: true,
      notice: 'sent',
    });
    expect((await rig.ledger.invoiceAtProvider(id)).untold).toEqual([]);
    // Asked again on a busy machine, Stripe knows by the key that it is the same note.
    const notes = stripe.calls.filter(({ call }) => call === 'POST /v1/credit_notes');
    expect(new Set(notes.map(({ key }) => key)).size).toBe(1);
    expect(notes[0]?.key).toBeDefined();
    expect(stripe.calls.filter(({ call }) => call === 'POST /v1/invoices')).toHaveLength(1);
    expect(rig.mail.mails.filter(({ to }) => String(to).includes('books@corrected.example'))).toHaveLength(1);
    const { data } = await rig.ledger.unfinishedBillingMonths({ limit: 100 });
    expect(data.filter(({ account_id }) => account_id === 'corrected')).toEqual([]);
    await expectVerified(rig.ledger);
  } finally {
    await worker.stop();
    await stripe.close();
  }
});

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 900; tries += 1) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await pause(100);
  }
  throw new Error('It did not come.');
}
