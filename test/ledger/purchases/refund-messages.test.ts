/** What the provider says of a refund, and of a payment, in each state: once, twice, and late. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  PURCHASE_STATUSES,
  type Purchase,
  type PurchaseStatus,
} from '../../../src/contracts/purchases/purchase.ts';
import { REFUND_STATUSES, type Refund, type RefundStatus } from '../../../src/contracts/purchases/refund.ts';
import { bought, buy, hear, usd } from '../../support/purchases.ts';
import { askRefund, hearOfRefund } from '../../support/refunds.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(async () => {
  await expectVerified(own.ledger);
  await own.close();
});

let ada: string;
let people = 0;
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await seedAccount(own.ledger, ada, { credits: '1' });
});
const available = async () => (await own.ledger.balance(ada, START)).available;

/** How the refund stands after the news, by how it stood: pending, succeeded, failed is the only order. */
const REFUND: Record<RefundStatus, Record<RefundStatus, RefundStatus>> = {
  pending: { pending: 'pending', succeeded: 'succeeded', failed: 'failed' },
  succeeded: { pending: 'succeeded', succeeded: 'succeeded', failed: 'failed' },
  failed: { pending: 'failed', succeeded: 'failed', failed: 'failed' },
};
/** The whole of 100 credits is taken, until the refund fails. One was there before. */
const LEFT: Record<RefundStatus, string> = { pending: '1', succeeded: '1', failed: '101' };

const refundRows = REFUND_STATUSES.flatMap((status) =>
  REFUND_STATUSES.map((news) => [status, news, REFUND[status][news]] as const),
);

describe('a refund that is', () => {
  async function refundThatIs(status: RefundStatus): Promise<Refund> {
    const refund = await askRefund(own.ledger, await bought(own.ledger, ada));
    if (status !== 'pending') await hearOfRefund(own.ledger, refund, status);
    return refund;
  }

  test.each(refundRows)('%s and is told to be %s, twice, is %s', async (status, news, outcome) => {
    const refund = await refundThatIs(status);
    for (let times = 0; times < 2; times += 1) {
      expect(await hearOfRefund(own.ledger, refund, news)).toMatchObject({ status: outcome });
      expect(await own.ledger.findRefund(refund.id)).toMatchObject({ status: outcome });
      expect(await available()).toBe(LEFT[outcome]);
    }
  });

  test.each(REFUND_STATUSES)('failed stays so when %s comes after all the others', async (last) => {
    const refund = await refundThatIs('pending');
    for (const status of ['pending', 'succeeded', 'failed', last] as const)
      await hearOfRefund(own.ledger, refund, status);
    expect(await own.ledger.findRefund(refund.id)).toMatchObject({ status: 'failed' });
    expect(await available()).toBe(LEFT.failed);
  });
});

test('a refund that had failed before the provider told a total is none of it, though that is heard later', async () => {
  const at = (seconds: number) => later(START, { seconds });
  const { id } = await bought(own.ledger, ada);
  const refund = await askRefund(own.ledger, { id }, { amount: 100 });
  const made = { made_at: at(10) };
  await hearOfRefund(own.ledger, refund, 'pending', { ...made, said_at: at(10) });
  const total = { said: 'refunded', payment_id: `pi_${id}`, amount: 200, said_at: at(40) } as const;
  await hear(own.ledger, { id }, total);
  expect(await own.ledger.findPurchase(id)).toMatchObject({ refunded: usd(100) });
  await hearOfRefund(own.ledger, refund, 'failed', { ...made, said_at: at(30) });
  expect(await own.ledger.findPurchase(id)).toMatchObject({ refunded: usd(200) });
});

type Word = 'paid' | 'expired' | 'failed' | 'refunded';
/** What was paid is paid whatever was said before; nothing that comes later makes it unpaid. */
const PURCHASE: Record<PurchaseStatus, Record<Word, PurchaseStatus>> = {
  open: { paid: 'paid', expired: 'expired', failed: 'failed', refunded: 'open' },
  paid: { paid: 'paid', expired: 'paid', failed: 'paid', refunded: 'refunded' },
  expired: { paid: 'paid', expired: 'expired', failed: 'expired', refunded: 'expired' },
  failed: { paid: 'paid', expired: 'failed', failed: 'failed', refunded: 'failed' },
  refunded: { paid: 'refunded', expired: 'refunded', failed: 'refunded', refunded: 'refunded' },
};
const words = ['paid', 'expired', 'failed', 'refunded'] as const;
const purchaseRows = PURCHASE_STATUSES.flatMap((status) =>
  words.map((word) => [status, word, PURCHASE[status][word]] as const),
);

describe('a purchase that is', () => {
  async function say(purchase: Purchase, word: Word): Promise<PurchaseStatus> {
    const payment_id = `pi_${purchase.id}`;
    const { amount } = purchase.price;
    if (word === 'paid') return (await hear(own.ledger, purchase, { said: word, payment_id })).status;
    if (word === 'refunded')
      return (await hear(own.ledger, purchase, { said: word, payment_id, amount })).status;
    return (await hear(own.ledger, purchase, { said: word })).status;
  }

  test.each(purchaseRows)('%s and is said to be %s, twice, is %s', async (status, word, outcome) => {
    const purchase = await buy(own.ledger, ada);
    if (status === 'refunded') await say(purchase, 'paid');
    if (status !== 'open') await say(purchase, status);
    for (let times = 0; times < 2; times += 1) {
      expect(await say(purchase, word)).toBe(outcome);
      expect(await own.ledger.findPurchase(purchase.id)).toMatchObject({ status: outcome });
      expect(await available()).toBe(outcome === 'paid' ? '101' : '1');
    }
  });
});
