import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Payments } from '../../src/contracts/purchases/payments.ts';
import type { RefundProgress } from '../../src/contracts/purchases/refund.ts';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { startStripeMock } from '../support/stripe-mock.ts';
import { type StripeStandIn, startStripeStandIn } from '../support/stripe-stand-in.ts';
import { START } from '../support/test-ledger.ts';

const REFUND: RefundProgress = {
  id: 'rfd_1',
  purchase_id: 'pur_1',
  account_id: 'ada',
  status: 'pending',
  amount: 280,
  currency: 'usd',
  created_at: START,
  reason_code: null,
};

let stripe: StripeStandIn;
let payments: Payments;
const paymentsAt = (apiBase: string) =>
  createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    backTo: () => 'https://boon.example/credits',
    apiBase,
  });
beforeEach(async () => {
  stripe = await startStripeStandIn();
  payments = paymentsAt(stripe.url);
});
afterEach(() => stripe.close());
const send = () => payments.refund(REFUND, 'pi_1', START);

test('Stripe’s own mock takes the call', async () => {
  const mock = await startStripeMock();
  expect(await paymentsAt(mock.url).refund(REFUND, 'pi_1', START)).toMatchObject({
    refund_id: 'rfd_1',
    provider_id: expect.stringMatching(/^re_/),
  });
  mock.close();
});

test('a refund is made once, with its amount and ids, and found again when it is asked for again', async () => {
  const sent = { at: START, refund_id: 'rfd_1', provider_id: 're_stand_in_0', status: 'succeeded' };
  expect(await send()).toEqual(sent);
  expect(await send()).toEqual(sent);
  const metadata = { refund_id: 'rfd_1', purchase_id: 'pur_1' };
  expect(stripe.refunds).toMatchObject([{ amount: 280, metadata }]);
  expect(stripe.calls).toEqual([{ call: 'POST /v1/refunds', key: 'refund/rfd_1:refund' }]);
});

test('where Stripe’s list does not show it yet the key does: it is made once', async () => {
  stripe.listIsLate(true);
  await send();
  expect(await send()).toMatchObject({ provider_id: 're_stand_in_0' });
  expect(stripe.refunds).toHaveLength(1);
  expect(new Set(stripe.calls.map(({ key }) => key))).toEqual(new Set(['refund/rfd_1:refund']));
});

test.each([
  ['pending', 'pending'],
  ['requires_action', 'pending'],
  ['canceled', 'failed'],
  ['failed', 'failed'],
])('one that is %s there is %s here', async (there, here) => {
  stripe.refundsAre(there);
  expect(await send()).toMatchObject({ status: here, provider_id: 're_stand_in_0' });
});

test('what Stripe refuses has failed for good, and nobody else’s id is taken for it', async () => {
  stripe.refundsAre('CHARGE_ALREADY_REFUNDED');
  expect(await send()).toEqual({
    at: START,
    refund_id: 'rfd_1',
    status: 'failed',
    reason_code: 'charge_already_refunded',
  });
});

test.each([401, 403, 429, 500])(
  'an answer of %s may pass, and is no word about the refund',
  async (status) => {
    stripe.failWith(status, 5);
    await expect(send()).rejects.toMatchObject({ code: 'unavailable' });
  },
);
