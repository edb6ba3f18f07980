import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Balance, Movement } from '../../../src/contracts/accounts/holding.schema.ts';
import { PROMOTIONAL_BUDGET } from '../../../src/domain/account.ts';
import { parseCredits } from '../../../src/domain/credits.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { act, claim, give, grant, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';
import { ONE_CREDIT_PLAN, owe } from '../../support/value-back.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    plans: ONE_CREDIT_PLAN.plans,
    gifts: { regift: true, screening: { circle: { verdict: 'allow' } } },
  });
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);

/** Every page of a statement, one after the other. */
async function wholeStatement(ledger: Ledger, account: string, limit: number): Promise<Movement[]> {
  const lines: Movement[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.statement(account, { limit, cursor });
    expect(page.data.length).toBeLessThanOrEqual(limit);
    lines.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return lines;
}
const micro = (text: string) =>
  text.startsWith('-') ? -(parseCredits(text.slice(1)) ?? 0n) : (parseCredits(text) ?? 0n);

describe('a statement', () => {
  beforeAll(async () => {
    await seedAccount(own.ledger, 'saver');
    await seedAccount(own.ledger, 'friend');
    for (let n = 1; n <= 12; n++) await grant(own.ledger, 'saver', `${n}`, { at: at({ minutes: n }) });
    const gift = await give(own.ledger, 'saver', 'friend', { amount: '50', at: at({ hours: 1 }) });
    await act(own.ledger, gift, 'cancel', at({ hours: 2 }));
    await give(own.ledger, 'saver', 'friend', { amount: '20', at: at({ hours: 3 }) });
  });

  test.each([1, 2, 3, 7, 100])(
    'is the same in pages of %s, newest first, and each balance is the one before plus the amount',
    async (limit) => {
      const lines = await wholeStatement(own.ledger, 'saver', limit);
      expect(lines).toEqual(await wholeStatement(own.ledger, 'saver', 1_000));
      expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
      for (const [n, line] of lines.entries()) {
        const before = lines[n + 1]?.balance_after ?? '0';
        expect(micro(line.balance_after)).toBe(micro(before) + micro(line.amount));
      }
      expect(lines[0]?.balance_after).toBe((await own.ledger.balance('saver', at({ hours: 4 }))).available);
    },
  );

  test('loses nothing and doubles nothing while movements are added', async () => {
    const first = await own.ledger.statement('saver', { limit: 10 });
    const before = await wholeStatement(own.ledger, 'saver', 1_000);
    await grant(own.ledger, 'saver', '3', { at: at({ hours: 5 }) });
    const rest = await own.ledger.statement('saver', { limit: 1_000, cursor: first.next_cursor ?? '' });
    expect([...first.data, ...rest.data]).toEqual(before);
  });

  test('of an account without movements is empty, and there is none of no account', async () => {
    await seedAccount(own.ledger, 'idle');
    expect(await own.ledger.statement('idle', { limit: 10 })).toEqual({ data: [], next_cursor: null });
    await expect(own.ledger.statement('no-such-account', { limit: 10 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('refuses a cursor that it did not give', async () => {
    for (const cursor of ['', 'x', Buffer.from('["1","999999999999"]').toString('base64url')])
      await expect(own.ledger.statement('saver', { limit: 10, cursor })).rejects.toMatchObject({
        code: 'validation_failed',
      });
  });
});

describe('a balance as of a past moment', () => {
  /** Without what later events change of a lot: its end, when a grace is given. */
  const then = ({ available, held, pending_in, lots }: Balance) => ({
    available,
    held,
    pending_in,
    lots: lots.map(({ id, remaining }) => ({ id, remaining })),
  });

  test('is what was answered at that moment, through everything that can happen', async () => {
    const accounts = ['ann', 'bob', 'cleo', PROMOTIONAL_BUDGET];
    const answered: { account: string; moment: string; balance: Balance }[] = [];
    let now = START;
    /** Does something, then asks for every balance; the next thing happens an hour later. */
    const step = async (work: () => Promise<unknown>) => {
      await work();
      for (const account of accounts)
        answered.push({ account, moment: now, balance: await own.ledger.balance(account, now) });
      now = later(now, { hours: 1 });
    };
    for (const account of ['ann', 'bob', 'cleo']) await seedAccount(own.ledger, account);
    const gift = (id: string, from: string, to: string, more: object = {}) =>
      step(() => give(own.ledger, from, to, { id, at: now, ...more }));
    const to = (id: string, action: 'cancel' | 'hold' | 'release' | 'reject' | 'reverse') =>
      step(() => act(own.ledger, { id }, action, now));
    const due = (...ids: string[]) => step(() => own.ledger.advanceGifts(ids, now));

    await step(() => grant(own.ledger, 'ann', '100', { at: now, expires_at: at({ hours: 10 }) }));
    await step(() => grant(own.ledger, 'ann', '50', { at: now }));
    await step(() => grant(own.ledger, PROMOTIONAL_BUDGET, '80', { at: now, source: 'promotional' }));
    await gift('g1', 'ann', 'bob', { amount: '30' });
    await gift('g2', 'ann', 'cleo@example.com', { amount: '40' });
    await gift('g3', 'ann', 'cleo', { amount: '20', funding: 'promotional' });
    await gift('g4', 'ann', 'bob', { amount: '60' });
    await to('g4', 'hold');
    await step(() => claim(own.ledger, { id: 'g2' }, 'cleo', now));
    // Between the end of ann's first lot and its posting.
    now = at({ hours: 11 });
    await step(() => Promise.resolve());
    await to('g1', 'cancel');
    await step(() => own.ledger.expireLots(now, 100));
    await to('g4', 'release');
    now = at({ days: 2 });
    await due('g2', 'g3', 'g4');
    await to('g4', 'reverse');
    await gift('g5', 'cleo', 'bob', { amount: '25' });
    now = later(now, { days: 1 });
    await due('g5');
    await to('g3', 'reverse');
    now = at({ days: 12 });
    await step(() => own.ledger.expireLots(now, 100));

    for (const { account, moment, balance } of answered) {
      const asOf = await own.ledger.balance(account, now, moment);
      expect(asOf.as_of).toBe(moment);
      expect({ account, moment, ...then(asOf) }).toEqual({ account, moment, ...then(balance) });
    }
  });

  test('has the debt of that moment: from the moment on at which it began, to the one at which it was paid', async () => {
    for (const id of ['ada', 'other']) {
      await seedAccount(own.ledger, id, { put: { plan: 'free' } });
      await owe(own.ledger, id, id === 'ada' ? 100 : 30);
    }
    await grant(own.ledger, 'ada', '60', { at: at({ hours: 1 }) });
    await grant(own.ledger, 'ada', '60', { at: at({ hours: 2 }) });
    const debt = async (moment: string) => (await own.ledger.balance('ada', at({ days: 1 }), moment)).debt;
    expect(await debt(at({ ms: -1 }))).toBe('0');
    expect(await debt(START)).toBe('100');
    expect(await debt(at({ hours: 1, ms: -1 }))).toBe('100');
    expect(await debt(at({ hours: 1 }))).toBe('40');
    expect(await debt(at({ hours: 2, ms: -1 }))).toBe('40');
    expect(await debt(at({ hours: 2 }))).toBe('0');
  });

  test('before the account had anything is nothing, also before it was there', async () => {
    expect(await own.ledger.balance('ann', START, '2020-01-01T00:00:00.000Z')).toMatchObject({
      available: '0',
      held: '0',
      pending_in: '0',
      lots: [],
    });
  });

  test('is never below nothing, also when a clock that lags gave what was granted a moment later', async () => {
    await seedAccount(own.ledger, 'hasty');
    await grant(own.ledger, 'hasty', '10', { at: at({ ms: 10 }) });
    await give(own.ledger, 'hasty', 'friend', { amount: '4', at: START });
    expect(await own.ledger.balance('hasty', at({ hours: 1 }), START)).toMatchObject({
      available: '0',
      held: '4',
      lots: [],
    });
    expect(await own.ledger.balance('hasty', at({ hours: 1 }), at({ ms: 10 }))).toMatchObject({
      available: '6',
    });
  });

  test('of no account is not found', async () => {
    await expect(own.ledger.balance('nobody', START, START)).rejects.toMatchObject(refusal('not_found'));
    await expect(own.ledger.balance('nobody', START)).rejects.toMatchObject(refusal('not_found'));
  });
});
