import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROMOTIONAL_BUDGET } from '../../../src/domain/account.ts';
import { act, available, give, grant, outcomes, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ gifts: { screening: { fan_in: { verdict: 'allow' } } } });
  await seedAccount(own.ledger, 'friend');
});
afterAll(() => own.close());

let people = 0;
let from = '';
beforeEach(async () => {
  people += 1;
  from = `sender-${people}`;
  await seedAccount(own.ledger, from, { credits: '100' });
});

const promote = (amount: string, at = START, sender = from) =>
  give(own.ledger, sender, 'friend', { amount, at, funding: 'promotional' });

describe('promotional gifts', () => {
  test('are refused while the budget is empty', async () => {
    await expect(promote('10')).rejects.toMatchObject(refusal('insufficient_credits', 'budget_used_up'));
  });

  test('are paid by the budget, whatever lots it has, and not by the sender', async () => {
    await grant(own.ledger, PROMOTIONAL_BUDGET, '1000', { source: 'promotional', giftable: false });
    const before = await available(own.ledger, PROMOTIONAL_BUDGET);
    const gift = await promote('40');
    expect(gift).toMatchObject({ funding: 'promotional', status: 'pending' });
    expect(await own.ledger.balance(from, START)).toMatchObject({ available: '100', held: '0' });
    expect(await own.ledger.balance(PROMOTIONAL_BUDGET, START)).toMatchObject({ held: '40' });
    const at = later(START, { days: 1 });
    await own.ledger.advanceGift(gift.id, at);
    expect((await own.ledger.balance('friend', at)).lots.at(-1)).toMatchObject({
      source: 'gifted',
      granted: '40',
      giftable: false,
    });
    expect(await available(own.ledger, PROMOTIONAL_BUDGET)).toBe(String(Number(before) - 40));
  });

  test('go back to the budget when they are canceled or reversed', async () => {
    const before = await available(own.ledger, PROMOTIONAL_BUDGET);
    const [first, second] = [await promote('10'), await promote('10')];
    await act(own.ledger, first, 'cancel', START);
    const at = later(START, { days: 1 });
    await own.ledger.advanceGift(second.id, at);
    await act(own.ledger, second, 'reverse', at);
    expect(await available(own.ledger, PROMOTIONAL_BUDGET)).toBe(before);
    expect(await available(own.ledger, from)).toBe('100');
  });

  test('count to a quota of three a month', async () => {
    for (const at of ['2026-03-10T12:00:00.000Z', '2026-03-20T12:00:00.000Z', '2026-03-31T23:59:59.999Z'])
      await promote('1', at);
    await expect(promote('1', '2026-03-31T23:59:59.999Z')).rejects.toMatchObject(
      refusal('gift_limit_exceeded', 'promotional_count'),
    );
    expect(await promote('1', '2026-04-01T00:00:00.000Z')).toMatchObject({ status: 'pending' });
  });

  test('add up to a quota of 100 credits a month, beside which the sender may give their own', async () => {
    await promote('60');
    await expect(promote('40.000001')).rejects.toMatchObject(
      refusal('gift_limit_exceeded', 'promotional_amount'),
    );
    await promote('40');
    await expect(promote('1')).rejects.toMatchObject(refusal('gift_limit_exceeded', 'promotional_amount'));
    expect(await give(own.ledger, from, 'friend', { amount: '50' })).toMatchObject({ funding: 'transfer' });
  });

  test('give their place in the quota back', async () => {
    const gift = await promote('100');
    await act(own.ledger, gift, 'reject', START);
    expect(await promote('100')).toMatchObject({ status: 'pending' });
  });

  test('together with gifts of the sender’s own in one batch add up line by line', async () => {
    const others = ['p', 'q', 'r', 's'].map((letter) => `${from}-${letter}`);
    for (const other of others) await seedAccount(own.ledger, other, { credits: '100' });
    const { errors } = await outcomes(
      [from, ...others].flatMap((sender) => [
        promote('3', START, sender),
        give(own.ledger, sender, 'friend', { amount: '5' }),
        promote('7', START, sender),
        give(own.ledger, sender, 'friend', { amount: '11' }),
      ]),
    );
    expect(errors).toEqual([]);
    for (const sender of [from, ...others]) expect(await available(own.ledger, sender)).toBe('84');
    expect((await own.ledger.verify()).violations).toEqual([]);
  });

  test('canceled beside other gifts of the same sender leave the counters exact', async () => {
    const gifts = [await promote('1'), await promote('1'), await promote('1')];
    // Cancels lock the budget and the recipient, acceptances the sender: the counters are the sender's.
    await Promise.all([
      ...gifts.map((gift) => act(own.ledger, gift, 'cancel', START)),
      ...Array.from({ length: 6 }, () => give(own.ledger, from, 'friend', { amount: '1' })),
    ]);
    expect(await own.ledger.gifting(from, START)).toMatchObject({
      per_day: { used: { count: 6, amount: '6' } },
      promotional: { used: { count: 0, amount: '0' } },
    });
  });

  test('the budget is never overdrawn, however many ask at once', async () => {
    const left = BigInt(await available(own.ledger, PROMOTIONAL_BUDGET));
    const senders = Array.from({ length: Number(left / 100n) + 5 }, (_, n) => `${from}-crowd-${n}`);
    for (const sender of senders) await seedAccount(own.ledger, sender);
    const { values, errors } = await outcomes(senders.map((sender) => promote('100', START, sender)));
    expect(values).toHaveLength(Number(left / 100n));
    for (const error of errors)
      expect(error).toMatchObject(refusal('insufficient_credits', 'budget_used_up'));
  });
});
