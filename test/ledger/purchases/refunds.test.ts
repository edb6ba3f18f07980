import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentNews, Purchase } from '../../../src/contracts/purchases/purchase.ts';
import type { Refund, RefundNews } from '../../../src/contracts/purchases/refund.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import type { AskedRefund } from '../../../src/ledger/purchases/refunds.ts';
import { bought, buy, CONSENT, hear, newPurchaseId, usd } from '../../support/purchases.ts';
import { askRefund, hearOfRefund, refundOf } from '../../support/refunds.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
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

async function somebody(): Promise<string> {
  people += 1;
  const id = `buyer-${people}`;
  await seedAccount(own.ledger, id, { put: { plan: 'free' } });
  return id;
}
const balance = (id: string, at = START) => own.ledger.balance(id, at);
const found = (purchase: Purchase) => own.ledger.findPurchase(purchase.id);
const ask = (purchase: { id: string }, more: Partial<AskedRefund> = {}) =>
  askRefund(own.ledger, purchase, more);
const told = (refund: Refund, status: RefundNews['status'], more: Partial<RefundNews> = {}) =>
  hearOfRefund(own.ledger, refund, status, more);

/** Uses so many credits beyond the plan. */
async function spend(account_id: string, credits: number, at = START): Promise<void> {
  const weekly = (await own.ledger.limits(account_id, at)).windows.weekly;
  const left = Number(weekly.limit) - Number(weekly.used);
  await charge(own.ledger, account_id, { units: String(credits + left), at });
}

describe('a refund that Boon is asked for', () => {
  test('takes what was bought at once, and is done when the provider has sent the money', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const refund = await ask(purchase);
    expect(refund).toMatchObject({
      status: 'pending',
      account_id: ada,
      amount: usd(400),
      taken_back: { credits: '100', resets: 0 },
      owed: '0',
      ended_at: null,
    });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '0' });
    expect(await found(purchase)).toMatchObject({ status: 'paid', refunded: usd(0), refunding: usd(400) });
    expect(await told(refund, 'succeeded')).toMatchObject({ status: 'succeeded', ended_at: START });
    expect(await found(purchase)).toMatchObject({
      status: 'refunded',
      refunded: usd(400),
      refunding: usd(0),
      refunds: [{ id: refund.id, status: 'succeeded' }],
    });
    const { data } = await own.ledger.statement(ada, { limit: 1 });
    expect(data).toMatchObject([{ kind: 'refunded', amount: '-100', reference: purchase.id }]);
  });

  test('in parts takes the parts, and together the whole', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    for (const [amount, left] of [
      [1, '99.75'],
      [133, '66.5'],
      [266, '0'],
    ] as const) {
      await told(await ask(purchase, { amount }), 'succeeded');
      expect(await balance(ada)).toMatchObject({ available: left });
    }
    expect(await found(purchase)).toMatchObject({ status: 'refunded', refunded: usd(400) });
  });

  test('is refused beyond what was paid: by one coin, after the whole, and with a dispute', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const errors = [{ path: 'amount.amount', message: 'must be at most 400' }];
    const tooMuch = { code: 'over_refund', errors };
    await expect(ask(purchase, { amount: 401 })).rejects.toMatchObject(tooMuch);
    await hear(own.ledger, purchase, { said: 'disputed', dispute_id: 'dp_r1', amount: 100, status: 'open' });
    await expect(ask(purchase, { amount: 301 })).rejects.toMatchObject({ code: 'over_refund' });
    await ask(purchase, { amount: 300 });
    await expect(ask(purchase)).rejects.toMatchObject({ code: 'over_refund' });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '0' });
  });

  test('of nothing, or of what was never paid, is refused', async () => {
    await expect(ask({ id: 'pur_none' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(ask(await buy(own.ledger, await somebody()))).rejects.toMatchObject({ code: 'not_paid' });
  });

  test('of spent credits is refused, and says how much is left: that goes, one coin more does not', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 30);
    const limit = [{ path: 'amount.amount', message: 'must be at most 280, or include_spent true' }];
    await expect(ask(purchase)).rejects.toMatchObject({ code: 'already_spent', errors: limit });
    await expect(ask(purchase, { amount: 281 })).rejects.toMatchObject({ code: 'already_spent' });
    expect(await balance(ada)).toMatchObject({ available: '70', debt: '0' });
    expect(await ask(purchase, { amount: 280 })).toMatchObject({ taken_back: { credits: '70' }, owed: '0' });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '0' });
    await expect(ask(purchase, { amount: 1 })).rejects.toMatchObject({ code: 'already_spent' });
  });

  test('counts a share to the micro-credit: a millionth that is spent costs a coin', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 0.000001);
    await expect(ask(purchase, { amount: 400 })).rejects.toMatchObject({ code: 'already_spent' });
    expect(await ask(purchase, { amount: 399 })).toMatchObject({ taken_back: { credits: '99.75' } });
  });

  test('that includes what is spent makes it a debt', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 30);
    expect(await ask(purchase, { include_spent: true })).toMatchObject({
      amount: usd(400),
      taken_back: { credits: '70' },
      owed: '30',
    });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '30' });
  });

  test('of credits that expired unspent needs no debt', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const at = '2027-03-10T12:00:00.000Z';
    expect(await ask(purchase, { at })).toMatchObject({ taken_back: { credits: '0' }, owed: '0' });
    await expect(ask(purchase, { at })).rejects.toMatchObject({ code: 'over_refund' });
  });

  test('of credits that wait in a gift takes them there, and the gift ends', async () => {
    const ada = await somebody();
    const bob = await somebody();
    const purchase = await bought(own.ledger, ada);
    const gift = { key: newKey('gift'), at: START, id: newGiftId(), from: ada, to: { account_id: bob } };
    await own.ledger.acceptGift({ ...gift, amount: '60', funding: 'transfer', message: null });
    expect(await ask(purchase, { amount: 160 })).toMatchObject({ taken_back: { credits: '40' }, owed: '0' });
    expect(await balance(ada)).toMatchObject({ available: '0', held: '60' });
    expect(await ask(purchase, { amount: 1 })).toMatchObject({ taken_back: { credits: '0.25' }, owed: '0' });
    expect(await balance(ada)).toMatchObject({ available: '59.75', held: '0', debt: '0' });
    expect(await own.ledger.findGift(gift.id)).toMatchObject({
      status: 'rejected',
      reason_code: 'funding_refunded',
    });
    const { data } = await own.ledger.statement(ada, { limit: 2 });
    expect(data).toMatchObject([
      { kind: 'refunded', amount: '-0.25', reference: purchase.id },
      { kind: 'gift_returned', amount: '60', reference: gift.id },
    ]);
  });

  test('of a bundle revokes the resets that are left; a used one needs to be included, and is not owed', async () => {
    const ada = await somebody();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    await charge(own.ledger, ada);
    await own.ledger.redeemReset({ account_id: ada, request_id: 'one', at: START });
    await expect(ask(bundle)).rejects.toMatchObject({
      code: 'already_spent',
      errors: [{ message: 'must be at most 1600, or include_spent true' }],
    });
    const refund = await ask(bundle, { include_spent: true });
    expect(refund).toMatchObject({ taken_back: { resets: 4 }, owed: '0' });
    expect(await own.ledger.limits(ada, START)).toMatchObject({ resets_available: 0 });
    await told(refund, 'failed', { reason_code: 'expired_or_canceled_card' });
    expect(await own.ledger.limits(ada, START)).toMatchObject({ resets_available: 4 });
  });

  test('under a known key is the same refund, as it stands now; with another body it is refused', async () => {
    const purchase = await bought(own.ledger, await somebody());
    const key = newKey('refund');
    const first = await own.ledger.beginRefund(refundOf(purchase, { key, amount: 100 }));
    await told(first.value, 'succeeded');
    const again = await own.ledger.beginRefund(refundOf(purchase, { key, amount: 100, asked_by: 'another' }));
    expect(again).toMatchObject({ replayed: true, value: { id: first.value.id, status: 'succeeded' } });
    const other = own.ledger.beginRefund(refundOf(purchase, { key, amount: 101 }));
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('of a top-up ends its owner’s consent', async () => {
    const ada = await somebody();
    await bought(own.ledger, ada, 'reset-1', { save_card: true });
    await own.ledger.putTopUp(ada, CONSENT, 'ada', START);
    const topUp = await own.ledger.beginTopUp(ada, newPurchaseId(), START);
    if (topUp === undefined) throw new Error('It was due');
    await hear(own.ledger, topUp, { said: 'paid', payment_id: `pi_${topUp.id}` });
    const at = later(START, { seconds: 1 });
    await ask(topUp, { amount: 1, at });
    expect(await own.ledger.topUp(ada, at)).toMatchObject({ enabled: false });
  });
});

describe('a refund that fails', () => {
  test('gives back what it took: the debt ends, the lot is filled', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 30);
    const refund = await ask(purchase, { include_spent: true });
    expect(
      await told(refund, 'failed', { provider_id: undefined, reason_code: 'charge_disputed' }),
    ).toMatchObject({
      status: 'failed',
      reason_code: 'charge_disputed',
    });
    expect(await balance(ada)).toMatchObject({ available: '70', debt: '0', lots: [{ remaining: '70' }] });
    expect(await found(purchase)).toMatchObject({ status: 'paid', refunded: usd(0), refunding: usd(0) });
    expect(await ask(purchase, { amount: 280 })).toMatchObject({ status: 'pending' });
  });

  test('after it succeeded, for a bank sent the money back, is failed all the same', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const refund = await ask(purchase);
    await told(refund, 'succeeded');
    await hear(own.ledger, purchase, { said: 'refunded', amount: 400 });
    await told(refund, 'failed');
    expect(await balance(ada)).toMatchObject({ available: '100' });
    // Late words of before change nothing any more.
    await hear(own.ledger, purchase, { said: 'refunded', amount: 400 });
    await told(refund, 'succeeded');
    await told(refund, 'pending');
    expect(await balance(ada)).toMatchObject({ available: '100' });
    expect(await found(purchase)).toMatchObject({ status: 'paid', refunded: usd(0) });
  });

  test('whose message of the charge comes after the failure takes nothing', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const refund = await ask(purchase, { amount: 200 });
    await told(refund, 'failed');
    await hear(own.ledger, purchase, { said: 'refunded', amount: 200 });
    expect(await balance(ada)).toMatchObject({ available: '100' });
  });
});

describe('a refund beside those made at the provider', () => {
  test('is not taken back twice, whichever of the two messages comes first', async () => {
    for (const order of ['charge first', 'refund first'] as const) {
      const ada = await somebody();
      const purchase = await bought(own.ledger, ada);
      const refund = await ask(purchase, { amount: 100 });
      const ofCharge = () => hear(own.ledger, purchase, { said: 'refunded', amount: 100 });
      if (order === 'charge first') await ofCharge();
      await told(refund, 'succeeded');
      await ofCharge();
      expect(await balance(ada)).toMatchObject({ available: '75' });
      expect(await found(purchase)).toMatchObject({ refunded: usd(100), refunding: usd(0) });
    }
  });

  test('adds to one that was made there before', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await hear(own.ledger, purchase, { said: 'refunded', amount: 100 });
    const refund = await ask(purchase, { amount: 100 });
    expect(await balance(ada)).toMatchObject({ available: '50' });
    await hear(own.ledger, purchase, { said: 'refunded', amount: 200 });
    await told(refund, 'succeeded');
    expect(await balance(ada)).toMatchObject({ available: '50' });
    await expect(ask(purchase, { amount: 201 })).rejects.toMatchObject({ code: 'over_refund' });
  });

  test('that is refused leaves what was reported meanwhile to the one made there', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const refund = await ask(purchase, { amount: 300 });
    await hear(own.ledger, purchase, { said: 'refunded', amount: 200 });
    expect(await balance(ada)).toMatchObject({ available: '25' });
    await told(refund, 'failed', { provider_id: undefined });
    expect(await balance(ada)).toMatchObject({ available: '50' });
    expect(await found(purchase)).toMatchObject({ refunded: usd(200) });
  });

  test('reported in every order, repeatedly and at once, ends in the same state', async () => {
    const ends = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const ada = await somebody();
        const purchase = await bought(own.ledger, ada);
        await hear(own.ledger, purchase, { said: 'refunded', amount: 100 });
        const [one, two, three] = [
          await ask(purchase, { amount: 40 }),
          await ask(purchase, { amount: 60 }),
          await ask(purchase, { amount: 80 }),
        ];
        const charged = [140, 200, 280].map((amount): PaymentNews => {
          return { at: START, purchase_id: purchase.id, said: 'refunded', amount };
        });
        const says = (refund: Refund, status: RefundNews['status']) => () => told(refund, status);
        const news: (() => Promise<unknown>)[] = [
          ...charged.map((one) => () => own.ledger.hearOfPayment(one)),
          says(one, 'pending'),
          says(one, 'succeeded'),
          says(two, 'succeeded'),
          says(three, 'pending'),
          says(three, 'succeeded'),
          says(three, 'failed'),
        ];
        const shuffled = [...news, ...news].sort(() => Math.random() - 0.5);
        await Promise.all(shuffled.map((tell) => tell()));
        const { status, refunded, refunding } = await found(purchase);
        const { available, debt } = await balance(ada);
        return { status, refunded, refunding, available, debt };
      }),
    );
    const money = { refunded: usd(200), refunding: usd(0) };
    for (const end of ends) expect(end).toEqual({ status: 'paid', ...money, available: '50', debt: '0' });
  });
});

describe('at the same time', () => {
  test('twenty refunds of the whole, from two ledgers: one is accepted', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const other = createPostgresLedger({ url: own.url, encryptionKey: own.encryptionKey });
    const asks = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => askRefund(n % 2 === 0 ? own.ledger : other, purchase)),
    );
    await other.close();
    expect(asks.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of asks)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'over_refund' });
    expect(await found(purchase)).toMatchObject({ refunding: usd(400), refunds: [{ amount: usd(400) }] });
    expect(await balance(ada)).toMatchObject({ available: '0', debt: '0' });
  });

  test('under one key it is one refund', async () => {
    const purchase = await bought(own.ledger, await somebody());
    const key = newKey('refund');
    const asks = await Promise.all(
      Array.from({ length: 10 }, () => own.ledger.beginRefund(refundOf(purchase, { key, amount: 100 }))),
    );
    expect(new Set(asks.map(({ value }) => value.id)).size).toBe(1);
    expect(asks.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  test('forty partial refunds: as many as fit, to the coin', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const asks = await Promise.allSettled(Array.from({ length: 40 }, () => ask(purchase, { amount: 30 })));
    expect(asks.filter(({ status }) => status === 'fulfilled')).toHaveLength(13);
    expect(await found(purchase)).toMatchObject({ refunding: usd(390) });
    expect(await balance(ada)).toMatchObject({ available: '2.5' });
  });

  test('a hundred uses and a refund: either the refund has all and no use a credit of it, or it is refused', async () => {
    for (let round = 0; round < 6; round += 1) {
      const ada = await somebody();
      const purchase = await bought(own.ledger, ada);
      // The plan is used up, so that each use is of bought credits.
      await charge(own.ledger, ada, { units: '1' });
      const use = () =>
        charge(own.ledger, ada, { units: '2.5' }).then(
          () => 2.5,
          () => 0,
        );
      const before = round % 2 === 0 ? [] : Array.from({ length: 30 }, use);
      const refund = ask(purchase).catch((error) => error);
      const uses = [...before, ...Array.from({ length: 70 }, use)];
      const used = (await Promise.all(uses)).reduce((sum: number, one) => sum + one, 0);
      const outcome = await refund;
      const { available, debt } = await balance(ada);
      expect(debt).toBe('0');
      if (outcome.status === 'pending') {
        expect(outcome).toMatchObject({ taken_back: { credits: '100' } });
        expect({ used, available }).toEqual({ used: 0, available: '0' });
      } else {
        expect(outcome).toMatchObject({ code: 'already_spent' });
        expect(Number(available) + used).toBeCloseTo(100, 6);
      }
    }
  });

  test('a refund that includes what is spent and sixty uses: what was taken and what is owed are the whole', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    await spend(ada, 0.000001);
    const uses = Array.from({ length: 60 }, () =>
      charge(own.ledger, ada, { units: '2' }).then(
        () => 2,
        () => 0,
      ),
    );
    const [refund, ...spent] = await Promise.all([ask(purchase, { include_spent: true }), ...uses]);
    const used = spent.reduce((sum: number, part) => sum + part, 0);
    expect(Number(refund.owed)).toBeCloseTo(used + 0.000001, 6);
    expect(Number(refund.taken_back.credits) + Number(refund.owed)).toBe(100);
    expect(await balance(ada)).toMatchObject({ available: '0' });
  });
});

test('refunds that wait are listed in the order in which they were asked for, page by page, those of before a moment', async () => {
  const moment = '2026-09-01T00:00:00.000Z';
  const at = (ms: number) => later(moment, { ms });
  const asked: Refund[] = [];
  for (const ms of [0, 0, 1, 2]) {
    const purchase = await bought(own.ledger, await somebody(), 'credits-100', { at: at(ms) });
    asked.push(await ask(purchase, { at: at(ms) }));
  }
  const [first, second, third, last] = asked as [Refund, Refund, Refund, Refund];
  await told(second, 'succeeded', { at: at(3) });
  const waiting = async (limit: number) => {
    const ids: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await own.ledger.pendingRefunds(at(2), { limit, ...(cursor && { cursor }) });
      ids.push(...page.data.map(({ id }) => id).filter((id) => asked.some((one) => one.id === id)));
      if (page.next_cursor === null) return ids;
      cursor = page.next_cursor;
    }
  };
  for (const limit of [1, 2, 100]) expect(await waiting(limit)).toEqual([first.id, third.id]);
  expect((await own.ledger.pendingRefunds(at(3), { limit: 100 })).data.at(-1)?.id).toBe(last.id);
});
