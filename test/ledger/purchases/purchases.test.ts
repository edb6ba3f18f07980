import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentNews } from '../../../src/contracts/purchases/purchase.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { bought, buy, hear, newPurchaseId, paidFor, usd } from '../../support/purchases.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

let own: TestLedger;
let people = 0;
beforeAll(async () => {
  own = await openTestLedger({ plans: { free: { five_hour: '1', weekly: '1', credits: ['codex'] } } });
});
afterAll(() => own.close());

async function somebody(put: object = {}): Promise<string> {
  people += 1;
  const id = `buyer-${people}`;
  await seedAccount(own.ledger, id, { put: { plan: 'free', ...put } });
  return id;
}
const balance = (id: string, at = START) => own.ledger.balance(id, at);

/** Uses so many credits beyond the plan. */
async function spend(account_id: string, credits: number, at = START): Promise<void> {
  const weekly = (await own.ledger.limits(account_id, at)).windows.weekly;
  const left = Number(weekly.limit) - Number(weekly.used);
  await charge(own.ledger, account_id, { units: String(credits + left), at });
}
const refunded = (amount: number, at = START) => ({ said: 'refunded', amount, at }) as const;
const dispute = (status: 'open' | 'won' | 'lost', dispute_id: string, amount = 400) =>
  ({ said: 'disputed', dispute_id, amount, status }) as const;

describe('a purchase', () => {
  test('gives credits the moment it is paid: giftable, for 12 months, and a line of the statement', async () => {
    const ada = await somebody();
    const purchase = await buy(own.ledger, ada);
    expect(purchase).toMatchObject({
      status: 'open',
      credits: '100',
      price: { amount: 400, currency: 'usd' },
      expires_at: later(START, { hours: 24 }),
    });
    expect(await balance(ada)).toMatchObject({ available: '0', lots: [] });
    const at = later(START, { minutes: 3 });
    expect(await hear(own.ledger, purchase, { said: 'paid', payment_id: 'pi_1', at })).toMatchObject({
      status: 'paid',
      paid_at: at,
    });
    expect(await balance(ada, at)).toMatchObject({
      available: '100',
      debt: '0',
      lots: [{ source: 'purchased', giftable: true, expires_at: '2027-03-10T12:03:00.000Z' }],
    });
    const { data } = await own.ledger.statement(ada, { limit: 5 });
    expect(data).toMatchObject([{ kind: 'purchased', amount: '100', reference: purchase.id }]);
  });

  test('paid by a hundred messages at once, from two ledgers, it is credited once', async () => {
    const ada = await somebody();
    const purchase = await buy(own.ledger, ada);
    const other = createPostgresLedger({ url: own.url, encryptionKey: own.encryptionKey });
    await other.usePolicy(policyWith(), START);
    const said = await paidFor(own.ledger, purchase.id, {
      said: 'paid',
      payment_id: `pi_${purchase.id}`,
    });
    const told = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        (n % 2 === 0 ? own.ledger : other).hearOfPayment({ ...said, event: `evt_${n}` }),
      ),
    );
    await other.close();
    expect(told.filter((heard) => heard?.changed)).toHaveLength(1);
    expect(await balance(ada)).toMatchObject({ available: '100' });
  });

  test('that has expired is credited all the same when it was paid', async () => {
    const ada = await somebody();
    const purchase = await buy(own.ledger, ada);
    expect(await hear(own.ledger, purchase, { said: 'expired' })).toMatchObject({ status: 'expired' });
    expect(await hear(own.ledger, purchase, { said: 'paid', payment_id: 'pi_late' })).toMatchObject({
      status: 'paid',
    });
    expect(await hear(own.ledger, purchase, { said: 'expired' })).toMatchObject({ status: 'paid' });
    expect(await balance(ada)).toMatchObject({ available: '100' });
  });

  test('of resets banks them, and a refund revokes those that are left', async () => {
    const ada = await somebody();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    expect(await own.ledger.limits(ada, START)).toMatchObject({ resets_available: 5 });
    expect((await own.ledger.listResets(ada, START)).data[0]).toMatchObject({
      ...{ source: 'purchase', source_id: bundle.id, program: null },
    });
    await charge(own.ledger, ada);
    await own.ledger.redeemReset({ account_id: ada, request_id: 'one', at: START });
    const back = await hear(own.ledger, bundle, refunded(2000));
    expect(back).toMatchObject({ status: 'refunded', taken_back: { resets: 4 } });
    expect(await own.ledger.limits(ada, START)).toMatchObject({ resets_available: 0 });
  });

  test('under a known key is the same purchase, as it stands now', async () => {
    const ada = await somebody();
    const request = { key: newKey('buy'), at: START, account_id: ada, package: 'credits-100' };
    const first = await own.ledger.beginPurchase({ ...request, id: newPurchaseId() });
    await own.ledger.noteCheckout(first.value.id, { id: 'cs_1', url: 'https://pay.example/1' }, START);
    const again = await own.ledger.beginPurchase({ ...request, id: newPurchaseId() });
    expect(again).toMatchObject({ replayed: true, value: { id: first.value.id, checkout: { id: 'cs_1' } } });
    const other = own.ledger.beginPurchase({ ...request, id: newPurchaseId(), package: 'reset-1' });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('is refused to a frozen account and of an unknown package', async () => {
    const frozen = await somebody({ status: 'frozen' });
    await expect(buy(own.ledger, frozen)).rejects.toMatchObject({ code: 'account_frozen' });
    const ada = await somebody();
    await expect(buy(own.ledger, ada, 'credits-7')).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(buy(own.ledger, 'nobody')).rejects.toMatchObject({ code: 'not_found' });
    expect(
      await own.ledger.hearOfPayment({ at: START, purchase_id: 'pur_none', said: 'expired' }),
    ).toBeUndefined();
  });
});

describe('money that goes back', () => {
  test('takes back what is left and notes a debt for what was spent, which the next purchase pays first', async () => {
    const ada = await somebody();
    const first = await bought(own.ledger, ada);
    await spend(ada, 30);
    expect(await hear(own.ledger, first, refunded(400))).toMatchObject({
      status: 'refunded',
      taken_back: { credits: '70' },
      owed: '30',
    });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '30' });
    await bought(own.ledger, ada);
    expect(await balance(ada)).toMatchObject({ available: '70', debt: '0' });
    const { data } = await own.ledger.statement(ada, { limit: 2 });
    expect(data).toMatchObject([
      { kind: 'debt_paid', amount: '-30' },
      { kind: 'purchased', amount: '100' },
    ]);
  });

  test.each([
    ['one cent of 400 takes a quarter of a credit', 1, '0.25'],
    ['399 of 400 cents leave a quarter of a credit', 399, '99.75'],
    ['all of it takes all', 400, '100'],
  ])('in part takes that part: %s', async (_name, amount, taken) => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    expect(await hear(own.ledger, purchase, refunded(amount))).toMatchObject({
      status: amount === 400 ? 'refunded' : 'paid',
      taken_back: { credits: taken },
      owed: '0',
    });
  });

  test('reported again, or older after newer, changes nothing', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await hear(own.ledger, purchase, refunded(200));
    await hear(own.ledger, purchase, refunded(100));
    await hear(own.ledger, purchase, refunded(200));
    expect(await balance(ada)).toMatchObject({ available: '50', debt: '0' });
  });

  test('reported before the payment leaves nothing once the payment is reported', async () => {
    const ada = await somebody();
    const purchase = await buy(own.ledger, ada);
    await hear(own.ledger, purchase, refunded(400));
    expect(await hear(own.ledger, purchase, { said: 'paid', payment_id: 'pi_x1' })).toMatchObject({
      status: 'refunded',
      taken_back: { credits: '100' },
    });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '0' });
  });

  test('for credits that had expired unspent is no debt', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 40);
    const at = '2027-03-10T12:00:00.000Z';
    expect(await hear(own.ledger, purchase, refunded(400, at))).toMatchObject({
      taken_back: { credits: '0' },
      owed: '40',
    });
    expect(await balance(ada, at)).toMatchObject({ available: '0', debt: '40' });
  });

  test('after a dispute that is won comes back: debt first, then the lot', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 30);
    await hear(own.ledger, purchase, dispute('open', 'dp_1'));
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '30' });
    expect(await hear(own.ledger, purchase, dispute('won', 'dp_1'))).toMatchObject({
      status: 'paid',
      owed: '0',
      disputed: usd(0),
    });
    expect(await balance(ada)).toMatchObject({ available: '70', debt: '0' });
    await hear(own.ledger, purchase, dispute('open', 'dp_1'));
    expect(await balance(ada)).toMatchObject({ available: '70', debt: '0' });
  });

  test('gives back what a later purchase had paid of a debt that proves wrong', async () => {
    const ada = await somebody();
    const first = await bought(own.ledger, ada);
    await spend(ada, 30);
    await hear(own.ledger, first, dispute('open', 'dp_2'));
    await bought(own.ledger, ada);
    expect(await balance(ada)).toMatchObject({ available: '70', debt: '0' });
    await hear(own.ledger, first, dispute('won', 'dp_2'));
    expect(await balance(ada)).toMatchObject({ available: '170', debt: '0' });
  });

  test('by a dispute that is lost stays gone, whatever comes first', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await hear(own.ledger, purchase, dispute('lost', 'dp_3'));
    await hear(own.ledger, purchase, dispute('open', 'dp_3'));
    expect(await hear(own.ledger, purchase, dispute('won', 'dp_3'))).toMatchObject({
      status: 'refunded',
      disputed: usd(400),
    });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '0' });
  });

  test('of credits that wait in a gift ends it; of those that were given away it is a debt of the giver', async () => {
    const ada = await somebody();
    const bob = await somebody();
    const purchase = await bought(own.ledger, ada);
    const gift = {
      key: newKey('gift'),
      at: START,
      id: newGiftId(),
      from: ada,
      to: { account_id: bob },
      amount: '60',
    };
    await own.ledger.acceptGift({ ...gift, funding: 'transfer', message: null });
    await hear(own.ledger, purchase, refunded(200));
    expect(await balance(ada)).toMatchObject({ available: '50', held: '0', debt: '0' });
    const again = { ...gift, key: newKey('gift'), id: newGiftId(), amount: '30' };
    await own.ledger.acceptGift({ ...again, funding: 'transfer', message: null });
    await own.ledger.advanceGift(again.id, later(START, { days: 1 }));
    await hear(own.ledger, purchase, refunded(400));
    expect(await balance(ada)).toMatchObject({ available: '0', held: '0', debt: '30' });
  });

  test('while the credits are being spent: what was spent and what was taken back are the whole', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 0.000001);
    const uses = Array.from({ length: 60 }, () =>
      charge(own.ledger, ada, { units: '2' }).then(
        () => 2,
        () => 0,
      ),
    );
    const [, ...spent] = await Promise.all([hear(own.ledger, purchase, refunded(400)), ...uses]);
    const used = spent.reduce((sum: number, part) => sum + part, 0);
    const after = await own.ledger.findPurchase(purchase.id);
    expect(Number(after.owed)).toBeCloseTo(used + 0.000001, 6);
    expect(Number(after.taken_back.credits) + Number(after.owed)).toBe(100);
    expect(await balance(ada)).toMatchObject({ available: '0' });
  });

  test('reported in every order at once ends in the same state', async () => {
    const orders = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const ada = await somebody();
        const purchase = await buy(own.ledger, ada);
        const news: PaymentNews[] = [
          await paidFor(own.ledger, purchase.id, { said: 'paid', payment_id: `pi_${purchase.id}` }),
          { said: 'refunded', amount: 100 },
          { said: 'refunded', amount: 200 },
          { said: 'disputed', dispute_id: `dp_${purchase.id}`, amount: 200, status: 'open' },
          { said: 'disputed', dispute_id: `dp_${purchase.id}`, amount: 200, status: 'won' },
          { said: 'expired' },
        ].map((said) => ({ at: START, purchase_id: purchase.id, ...said }) as PaymentNews);
        const shuffled = [...news, ...news].sort(() => Math.random() - 0.5);
        await Promise.all(shuffled.map((one) => own.ledger.hearOfPayment(one)));
        const { status } = await own.ledger.findPurchase(purchase.id);
        const { available, debt } = await balance(ada);
        return { status, available, debt };
      }),
    );
    for (const end of orders) expect(end).toEqual({ status: 'paid', available: '50', debt: '0' });
  });
});
