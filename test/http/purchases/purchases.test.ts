import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { CONSENT, usd } from '../../support/purchases.ts';
import {
  chargeUpdatedEvent,
  disputeEvent,
  event,
  intentEvent,
  refundEvent,
  refundObjectEvent,
  sessionEvent,
  signed,
  WEBHOOK_SECRET,
} from '../../support/stripe-events.ts';
import { type StripeMock, startStripeMock } from '../../support/stripe-mock.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let stripe: StripeMock;
let server: TestServer;
let people = 0;
let ada = '';
let stripeIsAway = false;
const changes: string[] = [];
const starts: string[] = [];

beforeAll(async () => {
  stripe = await startStripeMock();
  const backTo = () => 'https://boon.example/credits';
  const options = { apiKey: 'sk_test_123', webhookSecret: WEBHOOK_SECRET, backTo };
  const real = createStripePayments({ ...options, apiBase: stripe.url });
  const away = createStripePayments({ ...options, apiBase: 'http://127.0.0.1:9' });
  const openCheckout: typeof real.openCheckout = (purchase) =>
    (stripeIsAway ? away : real).openCheckout(purchase);
  const payments = { ...real, openCheckout };
  const purchaseProcess = {
    start: async ({ id }: { id: string }) => void starts.push(id),
    changed: async ({ id, status }: { id: string; status: string }) => void changes.push(`${id} ${status}`),
  };
  server = await openTestServer({ parts: { payments, purchaseProcess } });
});
afterAll(async () => {
  await server.close();
  stripe.close();
});
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await seedAccount(server.ledger, ada);
});

async function purchase(more: object = {}): Promise<string> {
  const answer = await server.send('POST', '/v1/credits/purchases', {
    body: { account_id: ada, package: 'credits-100', ...more },
  });
  expect(answer.status).toBe(201);
  return String(answer.json.id);
}
function webhook(told: object, at = server.time.now, secret?: string) {
  const rawBody = JSON.stringify(told, null, 2);
  const headers = { 'stripe-signature': signed(rawBody, at, secret) };
  return server.send('POST', '/v1/webhooks/stripe', { rawBody, headers, as: null, key: null });
}
/** A session of the page that the purchase has. */
async function session(
  type: Parameters<typeof sessionEvent>[0],
  about: Parameters<typeof sessionEvent>[1],
  payment_status?: 'paid' | 'unpaid',
): Promise<object> {
  const { checkout } = await server.ledger.findPurchase(about.purchase);
  return sessionEvent(
    type,
    { ...(checkout === null ? {} : { checkout: checkout.id }), ...about },
    payment_status,
  );
}
const available = async () => (await server.ledger.balance(ada, START)).available;

describe('buying a package', () => {
  test('answers 201 with a page of Stripe’s, and the same one to a repeated key', async () => {
    const sent = { body: { account_id: ada, package: 'credits-100' }, key: `buy-${ada}` };
    const first = await server.send('POST', '/v1/credits/purchases', sent);
    expect(first).toMatchObject({
      status: 201,
      json: {
        status: 'open',
        kind: 'checkout',
        credits: '100',
        price: { amount: 400, currency: 'usd' },
        checkout: { id: expect.stringMatching(/^cs_/), url: expect.stringMatching(/^https:/) },
      },
    });
    const again = await server.send('POST', '/v1/credits/purchases', sent);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(starts).toContain(first.json.id);
  });

  test('of a reset, and with a card that is kept, passes Stripe’s checks too', async () => {
    await purchase({ package: 'reset-5', save_card: true });
    expect(await server.send('GET', '/v1/credits/packages')).toMatchObject({
      status: 200,
      json: {
        data: expect.arrayContaining([
          { id: 'reset-5', credits: '0', resets: 5, price: { amount: 2000, currency: 'usd' } },
        ]),
      },
    });
  });

  test('is refused without a provider, before anything is written', async () => {
    const bare = await openTestServer();
    await seedAccount(bare.ledger, ada);
    const sent = { body: { account_id: ada, package: 'credits-100' } };
    expect(await bare.send('POST', '/v1/credits/purchases', sent)).toMatchObject({
      status: 409,
      json: { code: 'payments_off' },
    });
    expect((await bare.ledger.listPurchases(ada, { limit: 1 })).data).toEqual([]);
    await bare.close();
  });

  test('stands in the ledger when Stripe is away, and a retry makes its page', async () => {
    const sent = { body: { account_id: ada, package: 'credits-100' }, key: `away-${ada}` };
    stripeIsAway = true;
    const cut = await server.send('POST', '/v1/credits/purchases', sent);
    stripeIsAway = false;
    expect(cut).toMatchObject({ status: 503, json: { code: 'unavailable' } });
    const { data } = await server.ledger.listPurchases(ada, { limit: 5 });
    expect(data).toMatchObject([{ status: 'open', checkout: null }]);
    const retried = await server.send('POST', '/v1/credits/purchases', sent);
    expect(retried).toMatchObject({
      status: 201,
      json: { id: data[0]?.id, checkout: { id: expect.any(String) } },
    });
  });
});

describe('Stripe’s webhooks', () => {
  test('credit the package at once, and once, however often and however many at a time they come', async () => {
    const id = await purchase();
    const told = await session('completed', { purchase: id });
    const answers = await Promise.all(Array.from({ length: 20 }, () => webhook(told)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await available()).toBe('100');
    expect(await server.send('GET', `/v1/credits/purchases/${id}`)).toMatchObject({
      json: { status: 'paid' },
    });
    expect(changes).toContain(`${id} paid`);
  });

  test('of a bank transfer wait for the bank: completed is unpaid, then it succeeds or fails', async () => {
    const good = await purchase();
    const bad = await purchase();
    for (const id of [good, bad]) await webhook(await session('completed', { purchase: id }, 'unpaid'));
    expect(await available()).toBe('0');
    await webhook(await session('async_payment_succeeded', { purchase: good }));
    await webhook(await session('async_payment_failed', { purchase: bad }));
    expect(await available()).toBe('100');
    expect(await server.ledger.findPurchase(bad)).toMatchObject({
      status: 'failed',
      reason_code: 'payment_failed',
    });
  });

  test('of a page that ran out end the purchase', async () => {
    const id = await purchase();
    await webhook(await session('expired', { purchase: id }));
    expect(await server.ledger.findPurchase(id)).toMatchObject({ status: 'expired' });
  });

  test('of refunds and disputes take back and give back, in any order', async () => {
    const id = await purchase();
    await webhook(refundEvent({ purchase: id, amount: 100 }));
    await webhook(await session('completed', { purchase: id }));
    expect(await available()).toBe('75');
    await webhook(disputeEvent('created', 'warning_needs_response', { purchase: id, amount: 300 }));
    expect(await available()).toBe('75');
    await webhook(disputeEvent('created', 'needs_response', { purchase: id, amount: 300 }));
    expect(await available()).toBe('0');
    await webhook(disputeEvent('closed', 'won', { purchase: id, amount: 300 }));
    expect(await available()).toBe('75');
  });

  test('that arrive before the answer with the page has are not lost', async () => {
    const begun = await server.ledger.beginPurchase({
      key: `early-${ada}`,
      at: START,
      id: `pur_early${people}`,
      account_id: ada,
      package: 'credits-100',
    });
    const early = await session('completed', { purchase: begun.value.id, checkout: 'cs_late' });
    expect(await webhook(early)).toMatchObject({ status: 200 });
    expect(await available()).toBe('0');
    const noted = await server.ledger.noteCheckout(
      begun.value.id,
      { id: 'cs_late', url: 'https://pay.example' },
      START,
    );
    expect(noted).toMatchObject({ status: 'paid', checkout: { id: 'cs_late' } });
    expect(await available()).toBe('100');
  });

  test('of a declined card on the page end nothing, and of a top-up’s card they do', async () => {
    const id = await purchase();
    await webhook(intentEvent('payment_failed', { purchase: id }, 'checkout'));
    expect(await server.ledger.findPurchase(id)).toMatchObject({ status: 'open' });
    await webhook(intentEvent('payment_failed', { purchase: id }));
    expect(await server.ledger.findPurchase(id)).toMatchObject({
      status: 'failed',
      reason_code: 'insufficient_funds',
    });
  });

  test('about what is none of ours are taken and change nothing', async () => {
    expect(await webhook(event('customer.created', { id: 'cus_9', object: 'customer' }))).toMatchObject({
      status: 200,
      json: { of_a_purchase: false },
    });
    expect(await webhook(sessionEvent('completed', { purchase: 'somebody-elses' }))).toMatchObject({
      status: 200,
      json: { of_a_purchase: false },
    });
  });

  test('with a wrong signature, none, another body or five minutes and a second old are refused', async () => {
    const told = await session('completed', { purchase: await purchase() });
    const refused = { status: 400, json: { code: 'webhook_invalid' } };
    expect(await webhook(told, server.time.now, 'whsec_other')).toMatchObject(refused);
    expect(await webhook(told, new Date(later(START, { minutes: -5, seconds: -1 })))).toMatchObject(refused);
    const rawBody = JSON.stringify(told);
    const none = await server.send('POST', '/v1/webhooks/stripe', { rawBody, as: null, key: null });
    expect(none).toMatchObject(refused);
    const headers = { 'stripe-signature': signed(rawBody, server.time.now) };
    const changed = await server.send('POST', '/v1/webhooks/stripe', {
      rawBody: `${rawBody} `,
      headers,
      as: null,
      key: null,
    });
    expect(changed).toMatchObject(refused);
    expect(await available()).toBe('0');
    expect(await webhook(told, new Date(later(START, { minutes: -5 })))).toMatchObject({ status: 200 });
  });
});

describe('a payment that does not fit', () => {
  const cases = async (query = '') =>
    (await server.send('GET', `/v1/credits/cases?account_id=${ada}${query}`)).json.data as Record<
      string,
      unknown
    >[];

  test.each<[string, object]>([
    ['wrong_checkout', { checkout: 'cs_of_a_payment_link', amount: 100 }],
    ['wrong_amount', { amount: 100 }],
    ['amount_unknown', { more: { amount_total: null } }],
    ['wrong_currency', { more: { currency: 'eur' } }],
    ['wrong_mode', { more: { livemode: true } }],
    ['wrong_amount', { more: { amount_total: 1, total_details: { amount_discount: 399, amount_tax: 0 } } }],
  ])('(%s, %o) is taken with 200, gives nothing, and is one case', async (reason_code, more) => {
    const id = await purchase();
    const answers = await Promise.all(
      Array.from(
        { length: 5 },
        async () => await webhook(await session('completed', { purchase: id, ...more })),
      ),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 200, json: { of_a_purchase: true } });
    expect(await available()).toBe('0');
    expect(await cases()).toMatchObject([{ purchase_id: id, reason_code, refunded: { amount: 0 } }]);
    // The right one pays all the same.
    await webhook(await session('completed', { purchase: id, payment: `pi_right_${id}` }));
    expect(await available()).toBe('100');
  });

  test('with tax on top fits, and the tax is said apart', async () => {
    const id = await purchase();
    const more = {
      amount_total: 432,
      total_details: { amount_tax: 32, amount_discount: 0, amount_shipping: 0 },
    };
    await webhook(await session('completed', { purchase: id, more }));
    expect(await server.send('GET', `/v1/credits/purchases/${id}`)).toMatchObject({
      json: { status: 'paid', paid: usd(432), tax: usd(32), price: { amount: 400 } },
    });
  });

  test('that comes as a payment alone pays no checkout, and is no case beside its session', async () => {
    const id = await purchase();
    await webhook(intentEvent('succeeded', { purchase: id }, 'checkout'));
    expect(await available()).toBe('0');
    await webhook(await session('completed', { purchase: id }));
    await webhook(intentEvent('succeeded', { purchase: id }, 'checkout'));
    expect(await available()).toBe('100');
    expect(await cases()).toEqual([]);
    await webhook(intentEvent('succeeded', { purchase: id, payment: `pi_twice_${id}` }, 'checkout'));
    expect(await cases()).toMatchObject([{ reason_code: 'paid_twice', payment_id: `pi_twice_${id}` }]);
    await webhook(refundEvent({ purchase: id, payment: `pi_twice_${id}` }));
    await webhook(disputeEvent('created', 'needs_response', { purchase: id, payment: `pi_twice_${id}` }));
    expect(await available()).toBe('100');
    expect(await cases()).toMatchObject([{ refunded: usd(400), disputed: usd(400) }]);
  });

  test('is closed by an operator with a reason, once; the lists show which are open', async () => {
    const id = await purchase();
    await webhook(await session('completed', { purchase: id, amount: 1 }));
    const [opened] = await cases('&status=open');
    const url = `/v1/credits/cases/${opened?.id}`;
    expect((await server.send('GET', url)).json).toMatchObject({ id: opened?.id, paid: usd(1) });
    expect(await server.send('POST', `${url}/close`, { body: {} })).toMatchObject({ status: 400 });
    const sent = { body: { reason: 'refunded at Stripe' }, key: `close-${id}` };
    expect(await server.send('POST', `${url}/close`, sent)).toMatchObject({
      status: 200,
      json: { status: 'closed', close_reason: 'refunded at Stripe', closed_by: 'key:key_bootstrap' },
    });
    expect((await server.send('POST', `${url}/close`, sent)).headers.get('idempotent-replayed')).toBe('true');
    expect(await server.send('POST', `${url}/close`, { body: { reason: 'again' } })).toMatchObject({
      status: 409,
      json: { code: 'case_closed' },
    });
    expect(await cases('&status=open')).toEqual([]);
    expect(await cases('&status=closed')).toHaveLength(1);
    expect(await server.send('GET', '/v1/credits/cases/cas_none')).toMatchObject({ status: 404 });
    expect(await server.send('GET', '/v1/credits/cases?status=waiting')).toMatchObject({ status: 400 });
  });
});

describe('refunds made at Stripe’s Dashboard', () => {
  test.each<[string, (id: string) => object[]]>([
    ['refund.failed', (id) => [refundObjectEvent('refund.failed', 'failed', { purchase: id })]],
    [
      'refund.updated (canceled)',
      (id) => [refundObjectEvent('refund.updated', 'canceled', { purchase: id })],
    ],
    [
      'charge.refund.updated',
      (id) => [refundObjectEvent('charge.refund.updated', 'failed', { purchase: id })],
    ],
    ['charge.updated', (id) => [chargeUpdatedEvent({ purchase: id })]],
  ])('that end in %s are undone, with and without the messages of the refund before', async (_name, ends) => {
    for (const isCreatedTold of [false, true]) {
      const id = await purchase();
      await webhook(await session('completed', { purchase: id }));
      const had = await available();
      await webhook(refundEvent({ purchase: id }));
      if (isCreatedTold) await webhook(refundObjectEvent('refund.created', 'succeeded', { purchase: id }));
      expect(await server.ledger.findPurchase(id)).toMatchObject({ status: 'refunded', refunded: usd(400) });
      for (const told of ends(id)) expect(await webhook(told)).toMatchObject({ status: 200 });
      // Told again, and older after newer.
      await webhook(refundEvent({ purchase: id }));
      expect(await server.ledger.findPurchase(id)).toMatchObject({ status: 'paid', refunded: usd(0) });
      expect(await available()).toBe(had);
      expect(changes).toContain(`${id} paid`);
    }
  });

  test('are corrected by an operator, with a reason, where Stripe’s messages were lost', async () => {
    const id = await purchase();
    await webhook(await session('completed', { purchase: id }));
    await webhook(refundEvent({ purchase: id }));
    expect(await available()).toBe('0');
    const url = `/v1/credits/purchases/${id}/correct-refunded`;
    server.time.now = new Date(later(START, { seconds: 5 }));
    const body = { refunded: usd(0), reason: 'the refund failed, case 4711' };
    expect(await server.send('POST', url, { body })).toMatchObject({
      status: 200,
      json: { id, status: 'paid', refunded: usd(0) },
    });
    expect(await available()).toBe('100');
    expect(await server.send('POST', url, { body: { ...body, refunded: usd(401) } })).toMatchObject({
      status: 400,
    });
    expect(await server.send('POST', url, { body: { refunded: usd(0) } })).toMatchObject({ status: 400 });
    server.time.now = new Date(START);
  });
});

describe('consent to top-ups', () => {
  const url = () => `/v1/accounts/${ada}/top-up`;

  test('needs a stored card, a cap of at least one package and the word itself', async () => {
    expect(await server.send('PUT', url(), { body: CONSENT })).toMatchObject({
      status: 409,
      json: { code: 'card_required' },
    });
    const id = await purchase({ save_card: true });
    await webhook(await session('completed', { purchase: id, customer: 'cus_ada' }));
    const low = { ...CONSENT, monthly_cap: { amount: 399, currency: 'usd' } };
    expect(await server.send('PUT', url(), { body: low })).toMatchObject({ status: 400 });
    expect(await server.send('PUT', url(), { body: { ...CONSENT, consent: false } })).toMatchObject({
      status: 400,
    });
    expect(await server.send('GET', url())).toMatchObject({ json: { enabled: false, card_saved: true } });
    expect(await server.send('PUT', url(), { body: CONSENT })).toMatchObject({
      status: 200,
      json: { enabled: true, below: '20', spent: usd(0) },
    });
    expect(await server.send('DELETE', url())).toMatchObject({ status: 200, json: { enabled: false } });
  });

  test('given, a use that leaves less than the sum begins a top-up at once, and one that leaves the sum does not', async () => {
    const id = await purchase({ save_card: true });
    await webhook(await session('completed', { purchase: id, customer: 'cus_ada' }));
    await server.send('PUT', url(), { body: { ...CONSENT, below: '90' } });
    const use = (units: string) =>
      server.send('POST', '/v1/usage', {
        body: { account_id: ada, product: 'codex', units, id: `use-${ada}-${units}` },
      });
    const begun = async () => {
      const { data } = await server.ledger.listPurchases(ada, { limit: 5 });
      return data.filter(({ kind }) => kind === 'top_up');
    };
    expect(await use('35')).toMatchObject({ status: 200, json: { available: '90' } });
    await pause(200);
    expect(await begun()).toEqual([]);
    expect(await use('1')).toMatchObject({ status: 200, json: { available: '89' } });
    await vi.waitFor(async () => expect(await begun()).toMatchObject([{ status: 'open' }]), 5_000);
    await vi.waitFor(async () => expect(starts).toContain((await begun())[0]?.id), 5_000);
  });
});
