import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PolicySchema } from '../../../src/contracts/policy.schema.ts';
import { priceText } from '../../../src/domain/money.ts';
import { bought, CONSENT, hear, newPurchaseId } from '../../support/purchases.ts';
import {
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'ada', { put: { billing_day: 1 } });
});
afterAll(() => own.close());

describe('money in the ledger’s words', () => {
  test('is written as everywhere else, in every currency', async () => {
    const currencies = Intl.supportedValuesOf('currency').map((code) => code.toLowerCase());
    const amounts = [0, 5, 50, 160, 500, 12_345, 99_999_999, -160];
    const pairs = currencies.flatMap((currency) => amounts.map((amount) => ({ currency, amount })));
    const rows = await own.sql(
      'SELECT boon_code.money(a, c) AS text FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY x (a, c, n) ORDER BY n',
      [pairs.map(({ amount }) => amount), pairs.map(({ currency }) => currency)],
    );
    expect(rows.map(({ text }) => text)).toEqual(pairs.map(priceText));
  });

  test('stands in refusals with its decimals', async () => {
    const id = await bought(own.ledger, 'ada');
    const refund = {
      key: newKey('refund'),
      id: 'ref_1',
      at: START,
      purchase_id: String(Object(id).id ?? id),
    };
    await expect(
      own.ledger.beginRefund({ ...refund, amount: 40_001, by: 'op', reason: 'x' } as never),
    ).rejects.toMatchObject({
      code: 'over_refund',
      message: expect.stringMatching(/\d+\.\d\d USD are left/),
    });
    await expect(
      own.ledger.putTopUp('ada', { ...CONSENT, monthly_cap: { amount: 160, currency: 'usd' } }, 'ada', START),
    ).rejects.toMatchObject({ message: expect.stringContaining('4.00 USD') });
    const left = await own.sql(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'boon_code'::regnamespace AND prosrc ~ '%s %s.*currency'`,
    );
    expect(left).toEqual([]);
  });
});

describe('nothing', () => {
  test('is no price of a package, and is no payment: nothing was given, and a person decides', async () => {
    await seedAccount(own.ledger, 'bob');
    const id = newPurchaseId();
    await own.ledger.beginPurchase({
      id,
      key: id,
      at: START,
      account_id: 'bob',
      package: 'credits-100',
    } as never);
    await hear(own.ledger, { id }, { said: 'paid', payment_id: 'pi_0', amount: 0, at: START });
    expect((await own.ledger.findPurchase(id)).paid_at).toBeNull();
    expect((await own.ledger.listPaymentCases({ account_id: 'bob' }, { limit: 10 })).data).toMatchObject([
      { reason_code: 'wrong_amount' },
    ]);
    expect((await own.ledger.balance('bob', START)).available).toBe('0');
  });

  test('a price that the provider cannot charge is refused with its path', () => {
    const priced = (amount: number, currency: string) =>
      PolicySchema.safeParse(
        policyWith({ packages: { tiny: { credits: '1', price: { amount, currency } } } }).policy,
      );
    for (const [amount, currency] of [
      [0, 'usd'],
      [550, 'isk'],
      [150, 'ugx'],
      [5125, 'kwd'],
    ] as const)
      expect(priced(amount, currency).error?.issues[0]?.path, currency).toEqual([
        'packages',
        'tiny',
        'price',
        'amount',
      ]);
  });
});
