import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentNews } from '../../../src/contracts/purchases/purchase.ts';
import { bought, buy, CONSENT, hear, newPurchaseId, paidFor, usd } from '../../support/purchases.ts';
import {
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
let people = 0;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

async function somebody(): Promise<string> {
  people += 1;
  const id = `buyer-${people}`;
  await seedAccount(own.ledger, id);
  return id;
}
const available = async (id: string) => (await own.ledger.balance(id, START)).available;
const casesOf = async (account_id: string, status?: 'open' | 'closed') =>
  (await own.ledger.listPaymentCases({ account_id, status }, { limit: 100 })).data;
const events = async (subject: string) =>
  (await own.sql('SELECT type FROM boon.events WHERE subject = $1 ORDER BY seq', [subject])).map(
    ({ type }) => type,
  );
type Paid = Partial<Extract<PaymentNews, { said: 'paid' }>>;
/** The news that a purchase was paid, with something else than it wants. */
const paid = async (id: string, more: Paid = {}) =>
  await own.ledger.hearOfPayment(
    await paidFor(own.ledger, id, { said: 'paid', payment_id: `pi_${id}`, ...more }),
  );

test('of two purchases for which the same payment is reported at once it pays one, and is a case of the other', async () => {
  for (let round = 0; round < 5; round += 1) {
    const buyers = [await somebody(), await somebody()];
    const told = await Promise.all(
      buyers.map(async (buyer) => {
        const { id } = await buy(own.ledger, buyer);
        return await paidFor(own.ledger, id, { said: 'paid', payment_id: `pi_of_two_${round}` });
      }),
    );
    const heard = await Promise.all([...told, ...told].map((news) => own.ledger.hearOfPayment(news)));
    expect(heard.filter((one) => one?.changed)).toHaveLength(1);
    const credits = await Promise.all(buyers.map(available));
    expect(credits.sort()).toEqual(['0', '100']);
    const cases = (await Promise.all(buyers.map((buyer) => casesOf(buyer)))).flat();
    expect(cases).toMatchObject([{ reason_code: 'wrong_checkout', payment_id: `pi_of_two_${round}` }]);
  }
});

describe('a payment', () => {
  test.each<[string, Paid]>([
    ['wrong_checkout', { checkout_id: 'cs_of_a_payment_link' }],
    ['wrong_amount', { amount: 399 }],
    ['wrong_amount', { amount: 401 }],
    ['wrong_amount', { amount: 100, tax: 7 }],
    ['wrong_amount', { amount: 400, tax: 28 }],
    ['wrong_amount', { amount: 0 }],
    ['amount_unknown', { amount: null }],
    ['wrong_currency', { currency: 'eur' }],
    ['wrong_currency', { currency: null }],
    ['wrong_mode', { live: false, key_live: true }],
    ['wrong_mode', { live: true, key_live: false }],
    ['wrong_mode', { key_live: true }],
  ])(
    'that is %s (%o) moves nothing and opens one case, however often it is told',
    async (reason_code, more) => {
      const ada = await somebody();
      const { id } = await buy(own.ledger, ada);
      const heard = await Promise.all([
        paid(id, more),
        paid(id, more),
        paid(id, { ...more, event: 'evt_again' }),
      ]);
      for (const one of heard)
        expect(one).toMatchObject({ changed: false, purchase: { status: 'open' }, case: { reason_code } });
      expect(await casesOf(ada)).toMatchObject([
        {
          status: 'open',
          purchase_id: id,
          reason_code,
          payment_id: `pi_${id}`,
          price: { amount: 400, currency: 'usd' },
        },
      ]);
      expect(await available(ada)).toBe('0');
      expect(await events(String(heard[0]?.case?.id))).toEqual(['case.opened']);
    },
  );

  test.each<[string, Paid, number, number]>([
    ['of the price', {}, 400, 0],
    ['with tax on top', { amount: 428, tax: 28 }, 428, 28],
    ['in the mode of the key', { live: true, key_live: true }, 400, 0],
    ['in capitals', { currency: 'USD' }, 400, 0],
  ])('%s counts, and what was tax is said apart', async (_what, more, all, tax) => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    expect(await paid(id, more)).toMatchObject({
      changed: true,
      purchase: { status: 'paid', paid: usd(all), tax: usd(tax) },
      case: null,
    });
    expect(await available(ada)).toBe('100');
    // The whole of it goes back, tax and all, for the whole of what was bought.
    await hear(own.ledger, { id }, { said: 'refunded', amount: all });
    expect(await own.ledger.findPurchase(id)).toMatchObject({ status: 'refunded', refunded: usd(all) });
    expect(await available(ada)).toBe('0');
    expect(await casesOf(ada)).toEqual([]);
  });

  test('of the right page is taken after one that did not fit, which stays a case', async () => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    await paid(id, { checkout_id: 'cs_other', payment_id: 'pi_other', amount: 100 });
    expect(await paid(id)).toMatchObject({ changed: true, case: null });
    expect(await casesOf(ada)).toMatchObject([{ reason_code: 'wrong_checkout', paid: usd(100) }]);
    expect(await available(ada)).toBe('100');
  });

  test('of its own page counts after the purchase expired, and another page’s does not', async () => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    await hear(own.ledger, { id }, { said: 'expired' });
    expect(await paid(id, { checkout_id: 'cs_x', payment_id: 'pi_x' })).toMatchObject({
      case: { reason_code: 'wrong_checkout' },
      purchase: { status: 'expired' },
    });
    expect(await paid(id)).toMatchObject({ purchase: { status: 'paid' } });
  });

  test('on a page that is not known yet, of which no payment is named, is no case any more when it counts', async () => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    const page = { id: `cs_early_${id}`, url: 'https://pay.example' };
    const said = { said: 'paid', amount: 400, currency: 'usd', at: START } as const;
    expect(await own.ledger.hearOfPayment({ ...said, purchase_id: id, checkout_id: page.id })).toMatchObject({
      case: { reason_code: 'checkout_unknown' },
    });
    const at = later(START, { seconds: 2 });
    expect(await own.ledger.noteCheckout(id, page, at)).toMatchObject({ status: 'paid' });
    expect(await casesOf(ada, 'open')).toEqual([]);
    expect(await casesOf(ada, 'closed')).toMatchObject([{ purchase_id: id }]);
  });

  test('on a page that is not known yet is a case until the page is, and counts then', async () => {
    const ada = await somebody();
    const [mine, other] = [await buy(own.ledger, ada), await buy(own.ledger, ada)];
    const said = { said: 'paid', amount: 400, currency: 'usd', at: START } as const;
    for (const { id } of [mine, other]) {
      const news = { ...said, purchase_id: id, checkout_id: `cs_early_${id}`, payment_id: `pi_${id}` };
      expect(await own.ledger.hearOfPayment(news)).toMatchObject({
        case: { reason_code: 'checkout_unknown' },
      });
    }
    expect(await available(ada)).toBe('0');
    const at = later(START, { seconds: 2 });
    const page = { id: `cs_early_${mine.id}`, url: 'https://pay.example' };
    expect(await own.ledger.noteCheckout(mine.id, page, at)).toMatchObject({ status: 'paid', paid_at: at });
    expect(await own.ledger.noteCheckout(other.id, { id: 'cs_mine', url: 'x' }, at)).toMatchObject({
      status: 'open',
    });
    expect(await casesOf(ada, 'open')).toMatchObject([
      { purchase_id: other.id, reason_code: 'wrong_checkout' },
    ]);
    expect(await casesOf(ada, 'closed')).toMatchObject([{ purchase_id: mine.id, closed_by: 'boon' }]);
    expect(await available(ada)).toBe('100');
  });

  test('that its page does not report pays no checkout; reported with its page, in any order, it is no case', async () => {
    for (const order of ['payment first', 'page first'] as const) {
      const ada = await somebody();
      const { id } = await buy(own.ledger, ada);
      const bare = async () => await paid(id, { checkout_id: undefined });
      if (order === 'payment first') expect(await bare()).toMatchObject({ changed: false, case: null });
      expect(await paid(id)).toMatchObject({ changed: true });
      expect(await bare()).toMatchObject({ changed: false, case: null });
      expect(await casesOf(ada)).toEqual([]);
      expect(await available(ada)).toBe('100');
    }
  });

  test('that no page ever reports is a case once the purchase has ended', async () => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    await paid(id, { checkout_id: undefined });
    expect(await casesOf(ada)).toEqual([]);
    await hear(own.ledger, { id }, { said: 'expired' });
    expect(await casesOf(ada)).toMatchObject([{ status: 'open', reason_code: 'unconfirmed' }]);
    // It was the right one after all.
    await paid(id);
    expect(await casesOf(ada)).toMatchObject([{ status: 'closed', closed_by: 'boon' }]);
    expect(await available(ada)).toBe('100');
  });

  test('of another purchase is none of this one', async () => {
    const ada = await somebody();
    const [one, two] = [await buy(own.ledger, ada), await buy(own.ledger, ada)];
    await paid(one.id, { payment_id: 'pi_both' });
    expect(await paid(two.id, { payment_id: 'pi_both' })).toMatchObject({
      case: { reason_code: 'wrong_checkout' },
    });
    expect(await available(ada)).toBe('100');
  });

  test('of another page that ran out ends nothing', async () => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    await paidFor(own.ledger, id, { said: 'paid' });
    const other = { said: 'expired', checkout_id: 'cs_other' } as const;
    expect(await hear(own.ledger, { id }, other)).toMatchObject({ status: 'open' });
    const own_page = { said: 'expired', checkout_id: `cs_test_${id}` } as const;
    expect(await hear(own.ledger, { id }, { ...own_page, live: true, key_live: false })).toMatchObject({
      status: 'open',
    });
    expect(await hear(own.ledger, { id }, own_page)).toMatchObject({ status: 'expired' });
  });
});

describe('a second payment of a paid purchase', () => {
  test.each(['another page', 'its own page', 'no page'])(
    'by %s opens a case and moves nothing; its refund and its dispute are its own',
    async (page) => {
      const ada = await somebody();
      const purchase = await bought(own.ledger, ada);
      const { id } = purchase;
      const checkout_id = { 'another page': 'cs_two', 'its own page': `cs_test_${id}`, 'no page': undefined }[
        page
      ];
      const second = { checkout_id, payment_id: `pi_second_${id}` };
      for (let times = 0; times < 2; times += 1)
        expect(await paid(id, second)).toMatchObject({ changed: false, case: { reason_code: 'paid_twice' } });
      const about = { said: 'refunded', payment_id: second.payment_id } as const;
      await hear(own.ledger, purchase, { ...about, amount: 400 });
      await own.ledger.hearOfRefund({
        at: START,
        purchase_id: id,
        payment_id: second.payment_id,
        provider_id: `re_second_${id}`,
        amount: 400,
        status: 'succeeded',
      });
      await hear(own.ledger, purchase, {
        said: 'disputed',
        payment_id: second.payment_id,
        dispute_id: `dp_second_${id}`,
        amount: 150,
        status: 'open',
      });
      expect(await own.ledger.findPurchase(id)).toMatchObject({
        status: 'paid',
        refunded: usd(0),
        disputed: usd(0),
        owed: '0',
      });
      expect(await available(ada)).toBe('100');
      expect(await casesOf(ada)).toMatchObject([{ refunded: usd(400), disputed: usd(150) }]);
      // Of the first payment it is followed as ever.
      await hear(own.ledger, purchase, { said: 'refunded', payment_id: `pi_${id}`, amount: 400 });
      expect(await available(ada)).toBe('0');
    },
  );

  test('whose refund was reported before itself takes nothing either', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await hear(own.ledger, purchase, { said: 'refunded', payment_id: 'pi_before', amount: 400 });
    expect(await available(ada)).toBe('100');
    await paid(purchase.id, { payment_id: 'pi_before' });
    expect(await casesOf(ada)).toMatchObject([{ reason_code: 'paid_twice', refunded: usd(400) }]);
  });
});

describe('a top-up', () => {
  async function topUp(): Promise<{ ada: string; id: string }> {
    const ada = await somebody();
    await bought(own.ledger, ada, 'reset-1', { save_card: true });
    await own.ledger.putTopUp(
      ada,
      { ...CONSENT, monthly_cap: { amount: 400, currency: 'usd' } },
      'ada',
      START,
    );
    const begun = await own.ledger.beginTopUp(ada, newPurchaseId(), START);
    return { ada, id: String(begun?.id) };
  }

  test.each<[string, Paid]>([
    ['wrong_amount', { amount: 1 }],
    ['wrong_currency', { currency: 'jpy' }],
    ['wrong_mode', { live: false, key_live: true }],
    ['wrong_checkout', { checkout_id: 'cs_link' }],
  ])('that was charged %s is a case', async (reason_code, more) => {
    const { ada, id } = await topUp();
    expect(await paid(id, more)).toMatchObject({ case: { reason_code } });
    expect(await available(ada)).toBe('0');
    expect(await paid(id)).toMatchObject({ changed: true });
  });

  test('that was given up and is paid late counts within the cap, and beyond it is a case', async () => {
    for (const beyond of [false, true]) {
      const { ada, id } = await topUp();
      await hear(own.ledger, { id }, { said: 'failed', reason_code: 'card_declined' });
      const at = later(START, { days: 1 });
      if (beyond) {
        const next = await own.ledger.beginTopUp(ada, newPurchaseId(), at);
        await paid(String(next?.id), { at });
      }
      expect(await paid(id, { at })).toMatchObject(
        beyond ? { changed: false, case: { reason_code: 'over_cap' } } : { changed: true, case: null },
      );
      expect(await available(ada)).toBe('100');
    }
  });
});

describe('a case', () => {
  test('is closed once, with a reason; the payment reported again opens no new one', async () => {
    const ada = await somebody();
    const { id } = await buy(own.ledger, ada);
    const heard = await paid(id, { amount: 1 });
    const closing = {
      key: newKey('close'),
      at: later(START, { minutes: 1 }),
      id: String(heard?.case?.id),
      said_by: 'mia',
    };
    const first = await own.ledger.closePaymentCase({ ...closing, reason: 'refunded at Stripe' });
    expect(first).toMatchObject({
      replayed: false,
      value: {
        status: 'closed',
        closed_by: 'mia',
        close_reason: 'refunded at Stripe',
        closed_at: closing.at,
      },
    });
    expect(await own.ledger.closePaymentCase({ ...closing, reason: 'refunded at Stripe' })).toMatchObject({
      replayed: true,
    });
    await expect(own.ledger.closePaymentCase({ ...closing, reason: 'another' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    const again = own.ledger.closePaymentCase({ ...closing, key: newKey('close'), reason: 'x' });
    await expect(again).rejects.toMatchObject({ code: 'case_closed' });
    const none = own.ledger.closePaymentCase({
      ...closing,
      key: newKey('close'),
      id: 'cas_none',
      reason: 'x',
    });
    await expect(none).rejects.toMatchObject({ code: 'not_found' });
    await paid(id, { amount: 1 });
    expect(await casesOf(ada)).toMatchObject([{ status: 'closed' }]);
    expect(await events(closing.id)).toEqual(['case.opened', 'case.closed']);
  });

  test('one that waits for its page is not shown, not found and not closed', async () => {
    const { id } = await buy(own.ledger, await somebody());
    await paid(id, { checkout_id: undefined });
    const [row] = await own.sql('SELECT id, status FROM boon.payment_cases WHERE subject_id = $1', [id]);
    expect(row?.status).toBe('waiting');
    await expect(own.ledger.findPaymentCase(String(row?.id))).rejects.toMatchObject({ code: 'not_found' });
    const closing = { key: newKey('close'), at: START, id: String(row?.id), said_by: 'mia', reason: 'x' };
    await expect(own.ledger.closePaymentCase(closing)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('cases are listed the latest first, page by page', async () => {
    const ada = await somebody();
    for (let n = 0; n < 5; n += 1) {
      const { id } = await buy(own.ledger, ada);
      await paid(id, { amount: n, at: later(START, { minutes: n }) });
    }
    const seen: (number | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await own.ledger.listPaymentCases({ account_id: ada }, { limit: 2, cursor });
      seen.push(...page.data.map(({ paid }) => paid?.amount));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual([4, 3, 2, 1, 0]);
  });
});

test('twenty payments of one purchase at once, of which one fits: it is paid once, the others are cases', async () => {
  const ada = await somebody();
  const { id } = await buy(own.ledger, ada);
  await paidFor(own.ledger, id, { said: 'paid' });
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0 ? paid(id) : paid(id, { checkout_id: `cs_${n}`, payment_id: `pi_${id}_${n}`, amount: n }),
    ),
  );
  expect(await available(ada)).toBe('100');
  expect(await casesOf(ada)).toHaveLength(10);
});
