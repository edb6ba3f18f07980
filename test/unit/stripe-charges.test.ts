import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Purchase } from '../../src/contracts/purchases/purchase.ts';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { startStripeMock } from '../support/stripe-mock.ts';
import { type StripeStandIn, startStripeStandIn } from '../support/stripe-stand-in.ts';
import { START } from '../support/test-ledger.ts';
import { usd } from '../support/usd.ts';

const TOP_UP: Purchase = {
  id: 'pur_1',
  account_id: 'ada',
  kind: 'top_up',
  status: 'open',
  package: 'credits-100',
  credits: '100',
  resets: 0,
  price: { currency: 'usd', amount: 400 },
  checkout: null,
  save_card: false,
  created_at: START,
  expires_at: START,
  paid_at: null,
  ended_at: null,
  reason_code: null,
  lot_id: null,
  paid: null,
  tax: null,
  refunded: usd(0),
  refunding: usd(0),
  disputed: usd(0),
  refunds: [],
  taken_back: { credits: '0', resets: 0 },
  owed: '0',
};
const PAID = { at: START, purchase_id: 'pur_1', said: 'paid', payment_id: 'pi_stand_in_0', amount: 400 };
const FAILED = { at: START, purchase_id: 'pur_1', said: 'failed' };

let stripe: StripeStandIn;
beforeEach(async () => {
  stripe = await startStripeStandIn();
});
afterEach(() => stripe.close());

const chargeAt = (apiBase: string, topUp: Purchase = TOP_UP) =>
  createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    backTo: () => 'https://boon.example/credits',
    apiBase,
  }).charge(topUp, 'cus_1', START);
const charge = (topUp?: Purchase) => chargeAt(stripe.url, topUp);

test('Stripe’s own mock takes the calls', async () => {
  const mock = await startStripeMock();
  expect(await chargeAt(mock.url)).toMatchObject({ purchase_id: 'pur_1', said: 'failed' });
  mock.close();
});

test('a card is charged once, and the charge is found again a day later, when Stripe has forgotten the key', async () => {
  expect(await charge()).toMatchObject(PAID);
  stripe.forgetKeys();
  expect(await charge()).toMatchObject(PAID);
  expect(stripe.charges).toMatchObject([{ amount: 400, metadata: { purchase_id: 'pur_1', kind: 'top_up' } }]);
  expect(stripe.calls).toEqual([{ call: 'POST /v1/payment_intents', key: 'purchase/pur_1:charge' }]);
});

test('where Stripe’s list does not show the charge yet the key does', async () => {
  stripe.listIsLate(true);
  await charge();
  expect(await charge()).toMatchObject(PAID);
  expect(stripe.charges).toHaveLength(1);
});

test('another top-up’s charge is not taken for it', async () => {
  await charge();
  await charge({ ...TOP_UP, id: 'pur_2' });
  expect(stripe.charges.map(({ metadata }) => metadata.purchase_id)).toEqual(['pur_1', 'pur_2']);
});

test('a charge that the bank works on is waited for, and not made again', async () => {
  stripe.chargesAre('processing');
  expect(await charge()).toBeUndefined();
  stripe.forgetKeys();
  expect(await charge()).toBeUndefined();
  expect(stripe.charges).toHaveLength(1);
});

test.each([
  ['wants somebody to confirm it is canceled', 'requires_action', 'authentication_required', 'canceled'],
  ['was declined stays declined', 'declined', 'insufficient_funds', 'requires_payment_method'],
])('a charge that %s, and the card is not tried again', async (_what, status, reason_code, left) => {
  stripe.chargesAre(status);
  expect(await charge()).toEqual({ ...FAILED, reason_code });
  stripe.forgetKeys();
  expect(await charge()).toEqual({ ...FAILED, reason_code });
  expect(stripe.charges).toMatchObject([{ status: left }]);
});

test('a charge whose worker died before it could be canceled is canceled by the next', async () => {
  stripe.chargesAre('requires_action');
  await charge();
  for (const made of stripe.charges) made.status = 'requires_action';
  stripe.forgetKeys();
  expect(await charge()).toEqual({ ...FAILED, reason_code: 'authentication_required' });
  expect(stripe.charges).toMatchObject([{ status: 'canceled' }]);
});
