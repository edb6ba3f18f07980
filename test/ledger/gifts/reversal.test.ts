import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import { act, available, give, grant, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    gifts: { regift: true, screening: { circle: { verdict: 'allow' }, fan_in: { verdict: 'allow' } } },
  });
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);
const SETTLED = at({ days: 1 });
const LATER = at({ days: 2 });

let people = 0;
async function three(): Promise<[string, string, string]> {
  people += 1;
  const names = ['sender', 'friend', 'third'].map((name) => `${name}-${people}`);
  for (const name of names) await seedAccount(own.ledger, name);
  return names as [string, string, string];
}
async function settled(from: string, to: string, amount: string, when = START): Promise<Gift> {
  const gift = await give(own.ledger, from, to, { amount, at: when });
  return (await own.ledger.advanceGifts([gift.id], later(when, { days: 1 })))[0] ?? gift;
}
const reverse = (gift: Gift, when = LATER) => act(own.ledger, gift, 'reverse', when);

describe('a reversal', () => {
  test('takes back several slices into the lots they came from, line by line', async () => {
    const [from, to] = await three();
    for (const amount of ['10', '20', '30']) await grant(own.ledger, from, amount);
    const before = await own.ledger.balance(from, LATER);
    const gift = await settled(from, to, '55');
    expect(await reverse(gift)).toMatchObject({
      status: 'reversed',
      reversal: { recovered: '55', unrecovered: '0' },
      reason_code: 'reversed',
      reason: 'because',
    });
    expect((await own.ledger.balance(from, LATER)).lots).toEqual(before.lots);
    const { data } = await own.ledger.statement(to, { limit: 3 });
    expect(data.map(({ kind, amount, balance_after }) => [kind, amount, balance_after])).toEqual([
      ['gift_reversed', '-25', '0'],
      ['gift_reversed', '-20', '25'],
      ['gift_reversed', '-10', '45'],
    ]);
    const recovered = await own.ledger.statement(from, { limit: 3 });
    expect(recovered.data.map(({ kind, amount, balance_after }) => [kind, amount, balance_after])).toEqual([
      ['gift_recovered', '25', '60'],
      ['gift_recovered', '20', '35'],
      ['gift_recovered', '10', '15'],
    ]);
  });

  test('takes what is left when the recipient has given some on', async () => {
    const [from, to, third] = await three();
    await grant(own.ledger, from, '40');
    const gift = await settled(from, to, '40');
    await settled(to, third, '15', SETTLED);
    expect((await reverse(gift)).reversal).toEqual({ recovered: '25', unrecovered: '15' });
    expect(await available(own.ledger, from, LATER)).toBe('25');
    expect(await available(own.ledger, third, LATER)).toBe('15');
  });

  test('does not reach what the recipient has on hold; that stays with them when it comes back', async () => {
    const [from, to, third] = await three();
    await grant(own.ledger, from, '40');
    const gift = await settled(from, to, '40');
    const onward = await give(own.ledger, to, third, { amount: '15', at: SETTLED });
    expect((await reverse(gift)).reversal).toEqual({ recovered: '25', unrecovered: '15' });
    await act(own.ledger, onward, 'cancel', LATER);
    expect(await available(own.ledger, to, LATER)).toBe('15');
  });

  test('of what was given on can be followed by a reversal of the first gift', async () => {
    const [from, to, third] = await three();
    await grant(own.ledger, from, '40');
    const first = await settled(from, to, '40');
    const second = await settled(to, third, '30', SETTLED);
    expect((await reverse(second)).reversal).toEqual({ recovered: '30', unrecovered: '0' });
    expect((await reverse(first)).reversal).toEqual({ recovered: '40', unrecovered: '0' });
    expect(await available(own.ledger, from, LATER)).toBe('40');
  });

  test('when nothing is left says so, and moves nothing', async () => {
    const [from, to, third] = await three();
    await grant(own.ledger, from, '40');
    const gift = await settled(from, to, '40');
    await settled(to, third, '40', SETTLED);
    expect(await reverse(gift)).toMatchObject({
      status: 'reversed',
      reversal: { recovered: '0', unrecovered: '40' },
    });
  });

  test.each([true, false])(
    'does not bring back what has expired with the recipient (posted: %s)',
    async (posted) => {
      const [from, to] = await three();
      await grant(own.ledger, from, '10', { expires_at: at({ hours: 36 }) });
      await grant(own.ledger, from, '20');
      const gift = await settled(from, to, '25');
      if (posted) await own.ledger.expireLots(LATER, 1_000);
      expect((await reverse(gift)).reversal).toEqual({ recovered: '15', unrecovered: '10' });
      expect(await available(own.ledger, from, LATER)).toBe('20');
      expect(await available(own.ledger, to, LATER)).toBe('0');
    },
  );

  test.each([true, false])(
    'into a lot that has expired meanwhile revives only what comes back (posted: %s)',
    async (posted) => {
      const [from, to] = await three();
      // On hold past its end: with the recipient it is good for the grace period.
      await grant(own.ledger, from, '100', { expires_at: at({ hours: 12 }) });
      const gift = await settled(from, to, '40');
      if (posted) await own.ledger.expireLots(LATER, 1_000);
      expect((await reverse(gift)).reversal).toEqual({ recovered: '40', unrecovered: '0' });
      expect((await own.ledger.balance(from, LATER)).lots).toMatchObject([
        { remaining: '40', expires_at: later(LATER, { days: 7 }) },
      ]);
    },
  );

  test('is refused before settlement, after the end, and the second time', async () => {
    const [from, to] = await three();
    await grant(own.ledger, from, '100');
    const pending = await give(own.ledger, from, to);
    await expect(reverse(pending)).rejects.toMatchObject(refusal('not_settled'));
    await act(own.ledger, pending, 'cancel', START);
    await expect(reverse(pending)).rejects.toMatchObject(refusal('already_resolved'));
    const gift = await settled(from, to, '10');
    const both = await Promise.allSettled([reverse(gift), reverse(gift)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await available(own.ledger, from, LATER)).toBe('100');
  });

  test('reaches frozen and closed accounts: an operator has decided', async () => {
    const [from, to] = await three();
    await grant(own.ledger, from, '100');
    const [one, other] = [await settled(from, to, '10'), await settled(from, to, '10')];
    await own.ledger.putAccount(to, { plan: 'plus', status: 'frozen' }, LATER);
    expect((await reverse(one)).reversal).toEqual({ recovered: '10', unrecovered: '0' });
    await own.ledger.putAccount(from, { plan: 'plus', status: 'closed' }, LATER);
    expect((await reverse(other)).reversal).toEqual({ recovered: '10', unrecovered: '0' });
  });
});
