import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Refund, RefundNews } from '../../../src/contracts/purchases/refund.ts';
import { runs } from '../../support/effort.ts';
import { bought, buy, CONSENT, hear, newPurchaseId, usd } from '../../support/purchases.ts';
import { askRefund } from '../../support/refunds.ts';
import {
  later,
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
const found = (id: string) => own.ledger.findPurchase(id);
const balance = async (id: string) => {
  const { available, debt } = await own.ledger.balance(id, START);
  return { available, debt };
};
/** So many seconds after the start, by the provider's clock. */
const at = (seconds: number) => later(START, { seconds });

/** A refund that was made at the provider, for a purchase that `bought` made. */
const refund = (purchase: string, status: RefundNews['status'], more: Partial<RefundNews> = {}) =>
  own.ledger.hearOfRefund({
    at: START,
    provider_id: `re_${purchase}`,
    payment_id: `pi_${purchase}`,
    amount: 400,
    made_at: at(10),
    said_at: at({ pending: 10, succeeded: 20, failed: 30 }[status]),
    status,
    ...more,
  });
/** The sum that its charge tells. */
const total = (id: string, amount: number, seconds: number, lowers = false) =>
  hear(
    own.ledger,
    { id },
    { said: 'refunded', payment_id: `pi_${id}`, amount, said_at: at(seconds), lowers },
  );

type Message = (id: string) => Promise<unknown>;

describe('a refund that was made at the provider', () => {
  test('counts from its first message, once, however it is reported', async () => {
    const ada = await somebody();
    const { id } = await bought(own.ledger, ada);
    expect(await refund(id, 'pending')).toMatchObject({
      changed: true,
      refund: null,
      purchase: { status: 'refunded' },
    });
    for (const again of [refund(id, 'pending'), refund(id, 'succeeded')])
      expect(await again).toMatchObject({ changed: false });
    await total(id, 400, 10);
    const back = { refunded: usd(400), refunds: [], taken_back: { credits: '100' } };
    expect(await found(id)).toMatchObject(back);
    expect(await balance(ada)).toEqual({ available: '0', debt: '0' });
  });

  test.each<[string, Message[]]>([
    ['refund.created, refund.failed', [(id) => refund(id, 'pending'), (id) => refund(id, 'failed')]],
    ['succeeded, and canceled weeks later', [(id) => refund(id, 'succeeded'), (id) => refund(id, 'failed')]],
    ['charge.refunded, refund.failed', [(id) => total(id, 400, 10), (id) => refund(id, 'failed')]],
    [
      'charge.refunded, refund.created, refund.updated, refund.failed',
      [
        (id) => total(id, 400, 10),
        (id) => refund(id, 'pending'),
        (id) => refund(id, 'succeeded'),
        (id) => refund(id, 'failed'),
      ],
    ],
    ['charge.refunded, charge.updated', [(id) => total(id, 400, 10), (id) => total(id, 0, 30, true)]],
    [
      'charge.refunded, charge.updated of the same second',
      [(id) => total(id, 400, 10), (id) => total(id, 0, 10, true)],
    ],
    ['refund.created, charge.updated', [(id) => refund(id, 'pending'), (id) => total(id, 0, 30, true)]],
    ['refund.failed alone', [(id) => refund(id, 'failed')]],
    [
      'without times: charge.refunded, refund.failed',
      [
        (id) => hear(own.ledger, { id }, { said: 'refunded', amount: 400 }),
        (id) => refund(id, 'failed', { made_at: undefined, said_at: undefined }),
      ],
    ],
  ])(
    'and then failed or was canceled is undone: %s; late older messages change nothing',
    async (_name, messages) => {
      const ada = await somebody();
      const { id } = await bought(own.ledger, ada);
      await charge(own.ledger, ada, { units: '31' });
      for (const message of [...messages, ...messages.slice().reverse()]) await message(id);
      expect(await found(id)).toMatchObject({
        status: 'paid',
        refunded: usd(0),
        taken_back: { credits: '0' },
        owed: '0',
      });
      expect(await balance(ada)).toEqual({ available: '70', debt: '0' });
    },
  );

  test('in part, of which one failed: the other stays', async () => {
    const ada = await somebody();
    const { id } = await bought(own.ledger, ada);
    const one = { provider_id: `re_1_${id}`, amount: 100 };
    const two = { provider_id: `re_2_${id}`, amount: 200, made_at: at(12), said_at: at(12) };
    await total(id, 100, 10);
    await total(id, 300, 12);
    expect(await balance(ada)).toEqual({ available: '25', debt: '0' });
    await refund(id, 'failed', one);
    expect(await balance(ada)).toEqual({ available: '50', debt: '0' });
    await refund(id, 'succeeded', two);
    expect(await found(id)).toMatchObject({ refunded: usd(200) });
    // A third is made, of which only the charge tells.
    await total(id, 250, 40);
    expect(await found(id)).toMatchObject({ refunded: usd(250) });
  });

  test('after one that failed, of the same sum, counts', async () => {
    const { id } = await bought(own.ledger, await somebody());
    await refund(id, 'pending');
    await total(id, 400, 10);
    await refund(id, 'failed');
    await total(id, 400, 50);
    expect(await found(id)).toMatchObject({ status: 'refunded', refunded: usd(400) });
    await refund(id, 'succeeded', { provider_id: `re_again_${id}`, made_at: at(50), said_at: at(50) });
    expect(await found(id)).toMatchObject({ status: 'refunded', refunded: usd(400) });
  });

  test('reported before the payment counts when that is reported, and one of another payment never', async () => {
    const ada = await somebody();
    const purchase = await buy(own.ledger, ada);
    await refund(purchase.id, 'succeeded', { purchase_id: purchase.id, amount: 100 });
    await refund(purchase.id, 'succeeded', {
      purchase_id: purchase.id,
      payment_id: 'pi_of_another',
      provider_id: `re_other_${purchase.id}`,
    });
    await hear(own.ledger, purchase, { said: 'paid', payment_id: `pi_${purchase.id}` });
    expect(await found(purchase.id)).toMatchObject({ status: 'paid', refunded: usd(100) });
    expect(await balance(ada)).toEqual({ available: '75', debt: '0' });
  });

  test('that carries the id of a refund of Boon’s, which has another id there, is one of its own', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const asked = await askRefund(own.ledger, purchase, { amount: 100 });
    const about = { refund_id: asked.id, amount: 100 };
    expect(await refund(purchase.id, 'succeeded', about)).toMatchObject({ refund: { status: 'succeeded' } });
    expect(
      await refund(purchase.id, 'succeeded', { ...about, provider_id: `re_copy_${purchase.id}` }),
    ).toMatchObject({
      refund: null,
      changed: true,
    });
    expect(await found(purchase.id)).toMatchObject({ refunded: usd(200) });
  });

  test('that Boon took for refused, and was made all the same, counts', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const asked = await askRefund(own.ledger, purchase);
    await own.ledger.hearOfRefund({
      at: START,
      refund_id: asked.id,
      status: 'failed',
      reason_code: 'refused',
    });
    expect(await balance(ada)).toEqual({ available: '100', debt: '0' });
    await refund(purchase.id, 'succeeded', { refund_id: asked.id });
    expect(await found(purchase.id)).toMatchObject({ status: 'refunded', refunded: usd(400) });
    expect(await balance(ada)).toEqual({ available: '0', debt: '0' });
    await refund(purchase.id, 'failed', { refund_id: asked.id });
    expect(await balance(ada)).toEqual({ available: '100', debt: '0' });
  });

  test('of a top-up ends its owner’s consent; that of none of our payments is not ours', async () => {
    const ada = await somebody();
    await bought(own.ledger, ada, 'reset-1', { save_card: true });
    await own.ledger.putTopUp(ada, CONSENT, 'ada', START);
    const topUp = await own.ledger.beginTopUp(ada, newPurchaseId(), START);
    await hear(own.ledger, { id: `${topUp?.id}` }, { said: 'paid', payment_id: `pi_${topUp?.id}` });
    await refund(`${topUp?.id}`, 'pending', { amount: 1, at: at(60) });
    expect(await own.ledger.topUp(ada, at(60))).toMatchObject({ enabled: false });
    expect(await refund('pur_of_nobody', 'succeeded')).toBeUndefined();
  });
});

/** Every order of a few things. */
function* ordersOf<T>(things: readonly T[]): Generator<T[]> {
  if (things.length < 2) yield [...things];
  for (const [n, first] of things.entries())
    for (const rest of ordersOf(things.filter((_, m) => m !== n))) yield [first, ...rest];
}

/** Thirty of the orders in a usual run, spread over all of them. */
function someOrdersOf<T>(things: readonly T[]): T[][] {
  const all = [...ordersOf(things)];
  return all.filter((_, n) => (n * 37) % all.length < runs(30));
}

describe('in every order, and with each reported twice', () => {
  const part = (n: number, amount: number) => ({ provider_id: (id: string) => `re_${n}_${id}`, amount });
  const of = (
    status: RefundNews['status'],
    n: number,
    amount: number,
    made: number,
    said: number,
  ): Message => {
    const { provider_id } = part(n, amount);
    return (id) =>
      refund(id, status, { provider_id: provider_id(id), amount, made_at: at(made), said_at: at(said) });
  };
  const sets: [string, Message[], number][] = [
    [
      'a refund that succeeds',
      [of('pending', 1, 100, 1, 1), of('succeeded', 1, 100, 1, 2), (id) => total(id, 100, 1)],
      100,
    ],
    [
      'a refund that succeeds and fails',
      [
        of('pending', 1, 400, 1, 1),
        of('succeeded', 1, 400, 1, 2),
        of('failed', 1, 400, 1, 9),
        (id) => total(id, 400, 1),
        (id) => total(id, 0, 9, true),
      ],
      0,
    ],
    [
      'one that fails and one that stays',
      [
        of('succeeded', 1, 100, 1, 1),
        of('failed', 1, 100, 1, 8),
        of('succeeded', 2, 200, 4, 4),
        (id) => total(id, 300, 4),
        (id) => total(id, 200, 8, true),
      ],
      200,
    ],
    [
      'charges alone, of which the last is lower',
      [(id) => total(id, 100, 1), (id) => total(id, 300, 2), (id) => total(id, 200, 3, true)],
      200,
    ],
    [
      'one of which no message comes, but of its charge',
      [of('succeeded', 1, 100, 1, 1), (id) => total(id, 100, 1), (id) => total(id, 250, 5)],
      250,
    ],
    [
      'one made after the last word of the charge',
      [(id) => total(id, 100, 1), of('pending', 2, 100, 5, 5), of('succeeded', 2, 100, 5, 6)],
      200,
    ],
  ];
  test.each(sets)('%s ends in the same state', async (_name, messages, refunded) => {
    for (const order of someOrdersOf(messages)) {
      const ada = await somebody();
      const { id } = await bought(own.ledger, ada);
      const again = order.slice().sort(() => Math.random() - 0.5);
      for (const message of [...order, ...again]) await message(id);
      const status = refunded === 400 ? 'refunded' : 'paid';
      expect(await found(id)).toMatchObject({ refunded: usd(refunded), status });
      expect(await balance(ada)).toEqual({ available: String(100 - refunded / 4), debt: '0' });
    }
  });

  test('with refunds of Boon’s among them, and all at once', async () => {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const ada = await somebody();
        const purchase = await bought(own.ledger, ada);
        const { id } = purchase;
        const mine = await askRefund(own.ledger, purchase, { amount: 40 });
        const lost = await askRefund(own.ledger, purchase, { amount: 80 });
        const mineIs =
          ({ id: refund_id, amount }: Refund, status: RefundNews['status'], made: number, said: number) =>
          () =>
            refund(id, status, {
              ...{ refund_id, provider_id: `re_${refund_id}`, amount: amount.amount },
              ...{ made_at: at(made), said_at: at(said) },
            });
        const news = [
          mineIs(mine, 'pending', 1, 1),
          mineIs(mine, 'succeeded', 1, 3),
          mineIs(lost, 'pending', 2, 2),
          mineIs(lost, 'succeeded', 2, 4),
          mineIs(lost, 'failed', 2, 9),
          () => of('succeeded', 1, 100, 5, 5)(id),
          () => total(id, 40, 1),
          () => total(id, 120, 2),
          () => total(id, 220, 5),
          () => total(id, 140, 9, true),
        ];
        const shuffled = [...news, ...news].sort(() => Math.random() - 0.5);
        await Promise.all(shuffled.map((tell) => tell()));
        expect(await found(id)).toMatchObject({ status: 'paid', refunded: usd(140), refunding: usd(0) });
        expect(await balance(ada)).toEqual({ available: '65', debt: '0' });
      }),
    );
  });
});

describe('an operator’s correction', () => {
  const correct = async (id: string, refunded: number, more: { at?: string; key?: string } = {}) =>
    await own.ledger.correctRefunded({
      key: newKey('correct'),
      at: at(100),
      id,
      refunded,
      reason: 'as it stands at Stripe',
      said_by: 'mia',
      ...more,
    });

  test('of a refund whose failure was never reported gives back what it took, and is recorded', async () => {
    const ada = await somebody();
    const { id } = await bought(own.ledger, ada);
    await refund(id, 'succeeded');
    await total(id, 400, 10);
    const key = newKey('correct');
    expect(await correct(id, 0, { key })).toMatchObject({
      replayed: false,
      value: { status: 'paid', refunded: usd(0) },
    });
    expect(await correct(id, 0, { key })).toMatchObject({ replayed: true });
    expect(await balance(ada)).toEqual({ available: '100', debt: '0' });
    const [row] = await own.sql('SELECT * FROM boon.refund_corrections WHERE purchase_id = $1', [id]);
    expect(row).toMatchObject({ reason: 'as it stands at Stripe', said_by: 'mia' });
    const [event] = await own.sql(
      "SELECT data FROM boon.events WHERE subject = $1 AND type = 'purchase.corrected'",
      [id],
    );
    expect(event?.data).toMatchObject({ by: 'mia', reason: 'as it stands at Stripe' });
    // Old words come again, and the failure at last: nothing changes. A new refund counts.
    await refund(id, 'succeeded');
    await total(id, 400, 10);
    await refund(id, 'failed');
    expect(await found(id)).toMatchObject({ refunded: usd(0) });
    await refund(id, 'succeeded', {
      provider_id: `re_new_${id}`,
      amount: 100,
      made_at: at(200),
      said_at: at(200),
    });
    await total(id, 100, 200);
    expect(await found(id)).toMatchObject({ refunded: usd(100) });
  });

  test('of a refund that was never reported takes what it gave back; reported late it counts once, and its failure undoes it', async () => {
    const ada = await somebody();
    const { id } = await bought(own.ledger, ada);
    expect(await correct(id, 400)).toMatchObject({ value: { status: 'refunded', refunded: usd(400) } });
    await refund(id, 'succeeded', { at: at(300) });
    expect(await found(id)).toMatchObject({ refunded: usd(400) });
    expect(await balance(ada)).toEqual({ available: '0', debt: '0' });
    await refund(id, 'failed', { at: at(400), said_at: at(400) });
    expect(await balance(ada)).toEqual({ available: '100', debt: '0' });
  });

  test('is what is given back in all: refunds that Boon was asked for are part of it', async () => {
    const purchase = await bought(own.ledger, await somebody());
    const mine = await askRefund(own.ledger, purchase, { amount: 100 });
    await total(purchase.id, 300, 10);
    expect(await found(purchase.id)).toMatchObject({ refunded: usd(200), refunding: usd(100) });
    const low = {
      code: 'validation_failed',
      errors: [{ path: 'refunded.amount', message: 'must be from 100 to 400' }],
    };
    await expect(correct(purchase.id, 99)).rejects.toMatchObject(low);
    await expect(correct(purchase.id, 401)).rejects.toMatchObject(low);
    expect((await correct(purchase.id, 100)).value).toMatchObject({ refunded: usd(0), refunding: usd(100) });
    await refund(purchase.id, 'succeeded', {
      refund_id: mine.id,
      amount: 100,
      said_at: at(150),
      at: at(150),
    });
    expect(await found(purchase.id)).toMatchObject({ refunded: usd(100), refunding: usd(0) });
  });

  test('of nothing, and of what was not paid, is refused', async () => {
    await expect(correct('pur_none', 0)).rejects.toMatchObject({ code: 'not_found' });
    const open = await buy(own.ledger, await somebody());
    await expect(correct(open.id, 0)).rejects.toMatchObject({ code: 'not_paid' });
  });
});
