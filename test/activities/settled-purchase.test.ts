import { afterAll, beforeAll, expect, test } from 'vitest';
import { purchaseActivities } from '../../src/activities/purchases/purchase.ts';
import type { Payments } from '../../src/contracts/purchases/payments.ts';
import type { PaymentNews } from '../../src/contracts/purchases/purchase.ts';
import { buy, paidFor } from '../support/purchases.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'ada');
});
afterAll(() => own.close());

const TOMORROW = later(START, { days: 1 });
/** Asks a provider that says this of the page of a purchase whose time is over. */
async function settle(says: (paid: PaymentNews & { said: 'paid' }) => PaymentNews | undefined, last = false) {
  const { id } = await buy(own.ledger, 'ada');
  const paid = await paidFor(own.ledger, id, { said: 'paid', payment_id: `pi_${id}`, at: TOMORROW });
  const payments = { closeCheckout: async () => says(paid) } as unknown as Payments;
  const unused = {} as never;
  const dependencies = { ledger: own.ledger, runs: unused, refundRuns: unused, payments };
  return await purchaseActivities(dependencies).settlePurchase(id, TOMORROW, last);
}

test('a purchase whose page was paid when it is asked about is paid', async () => {
  expect(await settle((paid) => paid)).toMatchObject({ status: 'paid' });
});

test.each([
  ['a coin less', { amount: 399 }],
  ['nobody knows how much', { amount: null }],
  ['another currency', { currency: 'eur' }],
])(
  'a purchase whose page was paid with %s ends, for nobody can pay there any more, and has a case',
  async (_what, more) => {
    const { id, status } = await settle((paid) => ({ ...paid, ...more }));
    expect(status).toBe('expired');
    const { data } = await own.ledger.listPaymentCases({ status: 'open' }, { limit: 100 });
    expect(data.filter(({ purchase_id }) => purchase_id === id)).toHaveLength(1);
  },
);

test('a purchase whose bank has not answered stays open until it is asked for the last time', async () => {
  expect(await settle(() => undefined)).toMatchObject({ status: 'open' });
  expect(await settle(() => undefined, true)).toMatchObject({ status: 'expired' });
});
