/** Uses that are reported late, of before credits came back: they find what was there at their moment. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, give, grant, refusal } from '../../support/gifts.ts';
import { bought, hear } from '../../support/purchases.ts';
import { askRefund } from '../../support/refunds.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge, seedOrganisation } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    plans: { plus: { five_hour: '0', weekly: '0' }, business: { five_hour: '0', weekly: '0' } },
    usage: { accept_late_for: 'P7D' },
    gifts: { returned_credits_valid_for: 'PT10H' },
    rate_card: { codex: { default: [{ from: null, credits: '1' }] } },
  });
});
afterAll(() => own.close());

const hour = (hours: number) => later(START, { hours });
const NO_CREDITS = refusal('limit_reached', 'no_credits');
let people = 0;
async function person(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `back-${people}`, { at: later(START, { days: -30 }), ...options });
  return `back-${people}`;
}
/** So many units at an hour, told at another. */
const tell = (id: string, units: string, usedAt: number, toldAt: number) =>
  charge(own.ledger, id, { units, at: hour(usedAt), now: hour(toldAt) });
/** The lines of an account by their moments, as the balance after each moment; and that no balance tells otherwise. */
async function balances(id: string, now: number): Promise<string[]> {
  const { data } = await own.ledger.statement(id, { limit: 100 });
  const moments = [...new Set(data.map((line) => line.at))].toSorted();
  return Promise.all(
    moments.map(async (moment) => {
      const sum = data
        .filter((line) => line.at <= moment)
        .reduce((total, line) => total + Number(line.amount), 0);
      expect((await own.ledger.balance(id, hour(now), moment)).available).toBe(String(sum));
      return `${(Date.parse(moment) - Date.parse(START)) / 3_600_000}h ${sum}`;
    }),
  );
}

describe('a use of when credits were on hold', () => {
  test('is not paid by them though they are back, and from their return on it is', async () => {
    const [id, friend] = [await person({ credits: '5' }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(1), amount: '4' });
    await act(own.ledger, gift, 'cancel', hour(3));
    await expect(tell(id, '2', 1, 4)).rejects.toMatchObject(NO_CREDITS);
    await expect(
      charge(own.ledger, id, { units: '2', at: later(START, { hours: 3, ms: -1 }), now: hour(4) }),
    ).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '1', 2, 4)).toMatchObject({ charged: { credits: '1' }, available: '4' });
    expect(await tell(id, '2', 3, 4)).toMatchObject({ charged: { credits: '2' }, available: '2' });
    expect(await balances(id, 5)).toEqual(['-720h 5', '1h 1', '2h 0', '3h 2']);
    await expectVerified(own.ledger);
  });

  test('is not paid by the least there is that came back of a dispute', async () => {
    const id = await person();
    const purchase = await bought(own.ledger, id);
    await charge(own.ledger, id, { units: '99.999999', at: START });
    const dispute = { said: 'disputed', dispute_id: `dp_${id}`, amount: 400 } as const;
    await hear(own.ledger, purchase, { ...dispute, status: 'open', at: hour(1) });
    await hear(own.ledger, purchase, { ...dispute, status: 'won', at: hour(3) });
    expect((await own.ledger.balance(id, hour(4))).available).toBe('0.000001');
    await expect(tell(id, '0.000001', 2, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '0.000001', 3, 4)).toMatchObject({ available: '0' });
  });

  test('nor by what was there before the hold and is on hold since', async () => {
    const [id, friend] = [await person({ credits: '5' }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(1), amount: '4' });
    await act(own.ledger, gift, 'cancel', hour(3));
    await expect(tell(id, '2', 0.5, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '1', 0.5, 4)).toMatchObject({ charged: { credits: '1' } });
    await expect(tell(id, '1', 0.7, 4)).rejects.toMatchObject(NO_CREDITS);
    await balances(id, 5);
  });

  test('beside uses of other moments in one call, each gets what was there then', async () => {
    const [id, friend] = [await person({ credits: '6' }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(1), amount: '4' });
    await act(own.ledger, gift, 'cancel', hour(3));
    const told = await Promise.allSettled([
      tell(id, '1', 2, 4),
      tell(id, '3', 4, 4),
      tell(id, '2', 2.5, 4),
      tell(id, '1', 3.5, 4),
      tell(id, '1', 1, 4),
    ]);
    expect(told.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await balances(id, 5)).toEqual(['-720h 6', '1h 1', '2h 0', '3h 4', '3.5h 3', '4h 0']);
  });

  test('whatever was granted and expired in between, for each its own', async () => {
    const [id, friend] = [await person({ credits: '10' }), await person()];
    const first = await give(own.ledger, id, friend, { at: hour(-1), amount: '2' });
    await act(own.ledger, first, 'cancel', hour(0));
    const second = await give(own.ledger, id, friend, { at: hour(1), amount: '9' });
    await grant(own.ledger, id, '3', { at: hour(2), expires_at: hour(4) });
    await grant(own.ledger, id, '5', { at: hour(5), products: ['codex'] });
    await own.ledger.expireLots(hour(6), 1_000);
    await act(own.ledger, second, 'cancel', hour(7));
    const uses = [
      [-0.5, '2', false],
      [1.9, '2', false],
      [3, '2', true],
      [4, '2', false],
      [5, '2', true],
      [-0.5, '1', true],
      [6, '4', false],
      [3, '2', false],
      [6, '3', true],
      [3, '1', true],
      [7, '9', true],
      [8, '1', false],
    ] as const;
    const told = await Promise.allSettled(uses.map(([used, units]) => tell(id, units, used, 8)));
    expect(told.map(({ status }) => status === 'fulfilled')).toEqual(uses.map(([, , paid]) => paid));
    await balances(id, 9);
    await expectVerified(own.ledger);
  });
});

describe('a lot that expired while some of it was on hold, and has more time since', () => {
  test('pays for nothing between its expiry and the return', async () => {
    const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(0.5), amount: '15' });
    await own.ledger.expireLots(hour(3), 1_000);
    await act(own.ledger, gift, 'cancel', hour(4));
    await expect(tell(id, '1', 3, 5)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '1', 4, 5)).toMatchObject({ charged: { credits: '1' }, available: '14' });
  });

  test('pays for a use of before with what it let go then, with effect from then', async () => {
    const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(0.5), amount: '15' });
    await own.ledger.expireLots(hour(3), 1_000);
    await act(own.ledger, gift, 'cancel', hour(4));
    await expect(tell(id, '6', 1, 5)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '3', 1, 5)).toMatchObject({ charged: { credits: '3' }, available: '15' });
    await expect(tell(id, '3', 1, 5)).rejects.toMatchObject(NO_CREDITS);
    expect(await balances(id, 5)).toEqual(['-720h 20', '0.5h 5', '1h 2', '2h 0', '4h 15']);
  });

  test('and what it let go then pays for nothing of after', async () => {
    const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(0.5), amount: '15' });
    await own.ledger.expireLots(hour(3), 1_000);
    await act(own.ledger, gift, 'cancel', hour(4));
    await tell(id, '15', 5, 5);
    const told = await Promise.allSettled([tell(id, '2', 1, 6), tell(id, '1', 6, 6), tell(id, '1', 5.5, 6)]);
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await balances(id, 6);
    await expectVerified(own.ledger);
  });

  test('of two expiries each is taken back at its own moment', async () => {
    const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
    const gift = await give(own.ledger, id, friend, { at: hour(0.5), amount: '15' });
    await own.ledger.expireLots(hour(3), 1_000);
    await act(own.ledger, gift, 'cancel', hour(4));
    await own.ledger.expireLots(hour(15), 1_000);
    await expect(tell(id, '1', 14, 16)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '10', 13, 16)).toMatchObject({ charged: { credits: '10' }, available: '0' });
    await expect(tell(id, '6', 5, 16)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '5', 5, 16)).toMatchObject({ charged: { credits: '5' }, available: '0' });
    await expect(tell(id, '6', 1, 16)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '5', 1, 16)).toMatchObject({ charged: { credits: '5' }, available: '0' });
    await expect(tell(id, '1', 1, 16)).rejects.toMatchObject(NO_CREDITS);
    expect(await balances(id, 16)).toEqual([
      '-720h 20',
      '0.5h 5',
      '1h 0',
      '2h 0',
      '4h 15',
      '5h 10',
      '13h 0',
      '14h 0',
    ]);
    await expectVerified(own.ledger);
  });
});

test('what comes back after its time of grace expires when it comes, and was there at no moment', async () => {
  const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
  const first = await give(own.ledger, id, friend, { at: hour(0.5), amount: '20' });
  await act(own.ledger, first, 'cancel', hour(4));
  // It is good until 14 hours now, and has no more time than that.
  const second = await give(own.ledger, id, friend, { at: hour(5), amount: '20' });
  await act(own.ledger, second, 'cancel', hour(16));
  await own.ledger.expireLots(hour(17), 1_000);
  expect(await balances(id, 18)).toEqual(['-720h 20', '0.5h 0', '4h 20', '5h 0', '16h 0']);
  for (const used of [0, 3, 4.5, 13, 15, 16])
    await expect(tell(id, '1', used, 18)).rejects.toMatchObject(NO_CREDITS);
  await expectVerified(own.ledger);
});

test('so does what is settled when the time of its credits is over', async () => {
  const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
  const gift = await give(own.ledger, id, friend, { at: START, amount: '20' });
  const settled = 20 * 24;
  await own.ledger.advanceGift(gift.id, hour(settled));
  await own.ledger.expireLots(hour(settled + 1), 1_000);
  expect(await balances(friend, settled + 1)).toEqual([`${settled}h 0`]);
  await expectVerified(own.ledger);
});

test('what a lot and those that go on from it let go pays for no more than money was kept for', async () => {
  const yearAgo = later(START, { days: -365 });
  for (const share of [1, 0.5]) {
    const [id, friend] = [await person(), await person()];
    // A year later, at START, its lot expires.
    const purchase = await bought(own.ledger, id, 'credits-100', { at: yearAgo });
    const gifts = [
      await give(own.ledger, id, friend, { at: hour(-3), amount: '30' }),
      await give(own.ledger, id, friend, { at: hour(-2), amount: '30' }),
    ];
    await own.ledger.expireLots(hour(1), 1_000);
    for (const [i, gift] of gifts.entries()) await act(own.ledger, gift, 'cancel', hour(2 + i));
    await own.ledger.expireLots(hour(20), 1_000);
    expect((await own.ledger.balance(id, hour(20))).available).toBe('0');
    await askRefund(own.ledger, purchase, { at: hour(21), amount: purchase.price.amount * share });
    const told = await Promise.allSettled([
      tell(id, '20', 3.5, 22),
      tell(id, '10', 3.5, 22),
      tell(id, '1', 3.5, 22),
      tell(id, '20', -1, 22),
      tell(id, '1', -1, 22),
    ]);
    const paid = told.flatMap((one) =>
      one.status === 'fulfilled' ? [Number(one.value.charged.credits)] : [],
    );
    expect(paid.reduce((sum, credits) => sum + credits, 0)).toBe(100 * (1 - share));
    await balances(id, 22);
    await expectVerified(own.ledger);
  }
});

test('a member’s limit of its own moment judges each of its uses in one call', async () => {
  await seedOrganisation(own.ledger, 'crew', ['cleo']);
  await grant(own.ledger, 'crew', '50', { at: later(START, { days: -1 }) });
  await own.ledger.putAccount('cleo', { plan: 'business', pool_limit: '10' }, hour(1));
  await own.ledger.putAccount('cleo', { plan: 'business', pool_limit: '4' }, hour(2));
  await own.ledger.putAccount('cleo', { plan: 'business', pool_limit: null }, hour(5));
  await tell('cleo', '1', 0, 0);
  const told = await Promise.allSettled([
    tell('cleo', '5', 1.5, 6),
    tell('cleo', '1', 3, 6),
    tell('cleo', '4', 1.5, 6),
    tell('cleo', '1', 1.5, 6),
    tell('cleo', '7', 6, 6),
  ]);
  expect(told.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(told[1]).toMatchObject({ reason: refusal('limit_reached', 'member_limit') });
  await expectVerified(own.ledger);
});
