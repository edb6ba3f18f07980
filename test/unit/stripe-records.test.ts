import { afterEach, beforeEach, expect, test } from 'vitest';
import { stripePages } from '../../src/payments/stripe-pages.ts';
import { createStripeRecords } from '../../src/payments/stripe-records.ts';
import { startStripeMock } from '../support/stripe-mock.ts';
import { type StripeWithLists, startStripeWithLists } from '../support/stripe-with-lists.ts';
import { START } from '../support/test-ledger.ts';

let stripe: StripeWithLists;
let waits: number[];
beforeEach(async () => {
  stripe = await startStripeWithLists();
  waits = [];
});
afterEach(() => stripe.close());

const wait = async (seconds: number) => waits.push(seconds);
const records = (timeout?: number) =>
  createStripeRecords({ apiKey: 'sk_test_123', apiBase: stripe.url }, stripePages(wait), timeout);
const read = (timeout?: number) => records(timeout).since(START, START);

test('Stripe’s own mock takes each call', async () => {
  const mock = await startStripeMock();
  const own = createStripeRecords({ apiKey: 'sk_test_123', apiBase: mock.url }, stripePages(wait));
  await own.since(START, START);
  for (const kind of ['payment', 'refund', 'dispute'] as const) await own.find(kind, 'one_1', START);
  mock.close();
});

test('Stripe is waited for longer and longer while it asks for fewer calls, then given up', async () => {
  stripe.failWith(429, 100);
  await expect(read()).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Stripe keeps limiting the rate of calls.',
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32]);
});

test('as long as Stripe says is waited, but no longer than a minute', async () => {
  stripe.failWith(429, 1, { 'retry-after': '7' });
  expect(await read()).toEqual([]);
  stripe.failWith(429, 1, { 'retry-after': '86400' });
  expect(await read()).toEqual([]);
  expect(waits).toEqual([7, 60]);
});

test('where Stripe does not answer that is said after three tries', async () => {
  stripe.failWith(0, 100);
  await expect(read(20)).rejects.toMatchObject({ code: 'unavailable', message: 'Stripe did not answer.' });
  expect(waits).toEqual([1, 2]);
});

test('what Stripe does not have is nothing, and what it refuses is said', async () => {
  expect(await records().find('payment', 'pi_none', START)).toBeUndefined();
  stripe.failWith(403, 1);
  await expect(records().find('refund', 're_1', START)).rejects.toMatchObject({ code: 'payment_refused' });
});

test('a payment that is not complete is none', async () => {
  const metadata = { purchase_id: 'pur_1', kind: 'top_up' };
  const intent = { object: 'payment_intent', created: 1_900_000_000, amount: 400, currency: 'usd', metadata };
  stripe.has.payment_intents.push({ ...intent, id: 'pi_1', status: 'processing' });
  expect(await read()).toEqual([]);
  expect(await records().find('payment', 'pi_1', START)).toBeUndefined();
  Object.assign(stripe.has.payment_intents[0] ?? {}, { status: 'succeeded', amount_received: 400 });
  expect(await read()).toMatchObject([{ kind: 'payment', id: 'pi_1', news: { said: 'paid', amount: 400 } }]);
});
