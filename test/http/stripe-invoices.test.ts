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

test('Stripe takes an invoice with its lines, with an address and without one', async () => {
  const invoice = await server.ledger.findInvoice(id);
  for (const email of ['books@acme.example', undefined]) {
    expect(await payments.openInvoice(invoice, email)).toMatchObject({ id: expect.stringMatching(/^in_/) });
  }
});

test('an invoice that Stripe says is paid is paid, however often it says so', async () => {
  expect((await paid(id)).status).toBe(200);
  expect(await server.ledger.findInvoice(id)).toMatchObject({ status: 'paid' });
  expect((await paid(id)).status).toBe(200);
});

test('an invoice that is not ours is no reason for Stripe to tell of it again', async () => {
  expect((await paid('inv_of_another_system')).status).toBe(200);
});
