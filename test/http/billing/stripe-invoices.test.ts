import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { event, signed, WEBHOOK_SECRET } from '../../support/stripe-events.ts';
import { type StripeMock, startStripeMock } from '../../support/stripe-mock.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';
import { charge } from '../../support/usage.ts';

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

/** Stripe's word that its twin of an invoice is paid, which it has from now on, as the invoice wants or with `more`. */
async function paid(invoice_id: string, more: object = {}) {
  const known = await server.ledger.findInvoice(invoice_id).catch(() => undefined);
  if (known !== undefined) await server.ledger.noteInvoiceDraft(invoice_id, `in_${invoice_id}`, CLOSED_AT);
  const rawBody = JSON.stringify(
    event('invoice.paid', {
      id: `in_${invoice_id}`,
      object: 'invoice',
      amount_paid: known?.open.amount ?? 5,
      currency: 'usd',
      livemode: false,
      metadata: { invoice_id, account_id: 'acme' },
      ...more,
    }),
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

test.each([
  ['wrong_invoice', { id: 'in_another' }],
  ['wrong_amount', { amount_paid: 1 }],
  ['wrong_currency', { currency: 'eur' }],
  ['wrong_mode', { livemode: true }],
])('a payment that is %s moves nothing, and is one case', async (reason_code, more) => {
  for (let times = 0; times < 2; times += 1) expect((await paid(id, more)).status).toBe(200);
  expect(await server.ledger.findInvoice(id)).toMatchObject({ status: 'open' });
  const { data } = await server.ledger.listPaymentCases(
    { account_id: 'acme', status: 'open' },
    { limit: 10 },
  );
  expect(data).toMatchObject([{ invoice_id: id, purchase_id: null, reason_code }]);
  const closing = { key: `close-${reason_code}`, at: CLOSED_AT, said_by: 'mia', reason: 'seen' };
  await server.ledger.closePaymentCase({ ...closing, id: String(data[0]?.id) });
  await server.sql('DELETE FROM boon.payment_cases');
});

test('an invoice that Stripe says is paid is paid, however often it says so', async () => {
  expect((await paid(id)).status).toBe(200);
  expect(await server.ledger.findInvoice(id)).toMatchObject({ status: 'paid' });
  expect((await paid(id)).status).toBe(200);
});

test('an invoice that is not ours is no reason for Stripe to report it again', async () => {
  expect((await paid('inv_of_another_system')).status).toBe(200);
});

test('an invoice that was marked paid here, and is paid at Stripe too, is a case; marked by hand there it is none', async () => {
  const at = '2026-06-02T00:00:00.000Z';
  await charge(server.ledger, 'sue', { units: '5', at });
  const month = { account_id: 'acme', month: '2026-06-01' };
  const open = await server.ledger.closeBillingMonth(month, '2026-07-01T00:00:00.000Z');
  const wire = {
    key: 'wire',
    at: '2026-07-02T00:00:00.000Z',
    id: open.id,
    said_by: 'operator',
    reference: 'wire 118',
  };
  await server.ledger.payInvoice(wire);
  await paid(open.id, { paid_out_of_band: true });
  const cases = async () =>
    (await server.ledger.listPaymentCases({ account_id: 'acme' }, { limit: 10 })).data.filter(
      ({ invoice_id }) => invoice_id === open.id,
    );
  expect(await cases()).toEqual([]);
  await paid(open.id);
  expect(await cases()).toMatchObject([{ reason_code: 'paid_twice' }]);
});

test('money that Stripe takes for an invoice that is void is reported to a person, once', async () => {
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
  const { data } = await server.ledger.listPaymentCases({ account_id: 'acme' }, { limit: 10 });
  expect(data.filter(({ invoice_id }) => invoice_id === open.id)).toMatchObject([{ reason_code: 'void' }]);
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
