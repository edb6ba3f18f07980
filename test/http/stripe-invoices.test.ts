import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { BILLED, seedInvoiced } from '../support/billing.ts';
import { event, signed, WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { type StripeMock, startStripeMock } from '../support/stripe-mock.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { charge } from '../support/usage.ts';

const CLOSED_AT = '2026-04-01T00:00:00.000Z';

let stripe: StripeMock;
let server: TestServer;
let id: string;
let payments: ReturnType<typeof createStripePayments>;
beforeAll(async () => {
  stripe = await startStripeMock();
  payments = createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    backTo: () => 'https://boon.example/credits',
    apiBase: stripe.url,
  });
  server = await openTestServer({ policy: BILLED, parts: { payments } });
  await seedInvoiced(server.ledger, 'acme', ['sue']);
  await charge(server.ledger, 'sue', { units: '2.5' });
  id = (await server.ledger.closeBillingMonth({ account_id: 'acme', month: '2026-03-01' }, CLOSED_AT)).id;
});
afterAll(async () => {
  await server.close();
  stripe.close();
});

function paid(invoice_id: string) {
  const rawBody = JSON.stringify(
    event('invoice.paid', { id: 'in_1', object: 'invoice', metadata: { invoice_id, account_id: 'acme' } }),
  );
  const headers = { 'stripe-signature': signed(rawBody, server.time.now) };
  return server.send('POST', '/v1/webhooks/stripe', { rawBody, headers, as: null, key: null });
}

test('Stripe takes a draft with its lines, with an address and without one, and sends, credits and voids it', async () => {
  const invoice = await server.ledger.findInvoice(id);
  for (const email of ['books@acme.example', undefined]) {
    const draft = await payments.draftInvoice(invoice, email);
    expect(draft).toMatch(/^in_/);
    expect(await payments.sendInvoice(draft)).toEqual({ url: expect.toSatisfy(isUrlOrNull) });
    const total = { amount: 5, currency: 'usd' };
    const note = {
      id: 'crn_1',
      invoice_id: id,
      kind: 'credit',
      credits: '1',
      total,
      reason: 'x',
      at: CLOSED_AT,
    };
    expect(await payments.creditInvoice(draft, { ...note, kind: 'credit' })).toMatch(/^cn_/);
    await payments.voidInvoice(draft);
  }
});
const isUrlOrNull = (url: unknown) => url === null || String(url).startsWith('https://');

test('an invoice that Stripe says is paid is paid, however often it says so', async () => {
  expect((await paid(id)).status).toBe(200);
  expect(await server.ledger.findInvoice(id)).toMatchObject({ status: 'paid' });
  expect((await paid(id)).status).toBe(200);
});

test('an invoice that is not ours is no reason for Stripe to tell of it again', async () => {
  expect((await paid('inv_of_another_system')).status).toBe(200);
});

test('money that Stripe takes for an invoice that is void is told to a person, once', async () => {
  await charge(server.ledger, 'sue', { units: '5', at: '2026-04-02T00:00:00.000Z' });
  const month = { account_id: 'acme', month: '2026-04-01' };
  const open = await server.ledger.closeBillingMonth(month, '2026-05-01T00:00:00.000Z');
  const correct = {
    key: 'void-1',
    at: '2026-05-02T00:00:00.000Z',
    id: open.id,
    said_by: 'operator',
    reason: 'x',
  };
  await server.ledger.correctInvoice({ ...correct, kind: 'void' });
  for (let times = 0; times < 2; times += 1) expect((await paid(open.id)).status).toBe(200);
  expect(await server.ledger.findInvoice(open.id)).toMatchObject({
    status: 'void',
    paid_at: null,
    provider_fault: expect.stringMatching(/^evt_\w+: paid, and void here$/),
  });
});

test('an invoice that is credited in whole counts as paid at Stripe: that is no fault', async () => {
  await charge(server.ledger, 'sue', { units: '5', at: '2026-05-02T00:00:00.000Z' });
  const month = { account_id: 'acme', month: '2026-05-01' };
  const open = await server.ledger.closeBillingMonth(month, '2026-06-01T00:00:00.000Z');
  const correct = {
    key: 'credit-1',
    at: '2026-06-02T00:00:00.000Z',
    id: open.id,
    said_by: 'operator',
    reason: 'x',
  };
  await server.ledger.correctInvoice({ ...correct, kind: 'credit', amount: open.total.amount });
  expect((await paid(open.id)).status).toBe(200);
  expect(await server.ledger.findInvoice(open.id)).toMatchObject({
    status: 'credited',
    provider_fault: null,
  });
});
