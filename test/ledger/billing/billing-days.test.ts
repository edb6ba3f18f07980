import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { billingMonthOf, firstBillingDay, moveBillingDay } from '../../../src/domain/billing-month.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
let people = 0;
let ada = '';
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());
beforeEach(() => {
  people += 1;
  ada = `ada-${people}`;
});

const made = (billing_day: number) => seedAccount(own.ledger, ada, { put: { billing_day } });
const move = (billing_day: number, at: string) =>
  own.ledger.putAccount(ada, { plan: 'plus', billing_day }, at);
/** The month of a moment, as its first day and its end. */
async function monthOf(at: string): Promise<string> {
  const [month] = await own.sql('SELECT starts_at, ends_at FROM boon_code.billing_month($1::text, $2)', [
    ada,
    at,
  ]);
  return `${dayOf(month?.starts_at)} to ${dayOf(month?.ends_at)}`;
}
const dayOf = (at: unknown) => (at as Date).toISOString().replace('T00:00:00.000Z', '');

describe('a billing day that never moved', () => {
  test('begins every month, those before the account too', async () => {
    await made(31);
    expect(await monthOf('2020-02-29T00:00:00.000Z')).toBe('2020-02-29 to 2020-03-31');
    expect(await monthOf('2026-02-27T23:59:59.999Z')).toBe('2026-01-31 to 2026-02-28');
    expect(await monthOf('2026-02-28T00:00:00.000Z')).toBe('2026-02-28 to 2026-03-31');
  });

  test('is the day of the creation unless it is said, and stays when the creation is corrected', async () => {
    await own.ledger.putAccount(ada, { plan: 'plus', created_at: '2025-01-20T10:00:00.000Z' }, START);
    expect(await monthOf(START)).toBe('2026-02-20 to 2026-03-20');
    await own.ledger.putAccount(ada, { plan: 'plus', created_at: '2025-01-05T10:00:00.000Z' }, START);
    expect(await monthOf(START)).toBe('2026-02-20 to 2026-03-20');
    expect(await own.sql('SELECT FROM boon.billing_days WHERE account_id = $1', [ada])).toEqual([]);
  });

  test('asked for again is no move', async () => {
    await made(5);
    await move(5, START);
    expect(await own.sql('SELECT FROM boon.billing_days WHERE account_id = $1', [ada])).toEqual([]);
  });
});

describe('a billing day that moves', () => {
  test.each([
    [
      'to a later day',
      1,
      11,
      '2026-03-15',
      ['2026-03-01 to 2026-04-01', '2026-04-01 to 2026-05-11', '2026-05-11 to 2026-06-11'],
    ],
    [
      'to an earlier day',
      11,
      1,
      '2026-03-15',
      ['2026-03-11 to 2026-04-11', '2026-04-11 to 2026-06-01', '2026-06-01 to 2026-07-01'],
    ],
    [
      'at the first moment of a month',
      1,
      11,
      '2026-04-01',
      ['2026-04-01 to 2026-05-01', '2026-05-01 to 2026-06-11'],
    ],
    ['by one day', 10, 11, '2026-03-15', ['2026-03-10 to 2026-04-10', '2026-04-10 to 2026-05-11']],
    ['by one day back', 11, 10, '2026-03-15', ['2026-03-11 to 2026-04-11', '2026-04-11 to 2026-06-10']],
    [
      'from the 1st to the 31st, before February',
      1,
      31,
      '2026-01-15',
      ['2026-01-01 to 2026-02-01', '2026-02-01 to 2026-03-31', '2026-03-31 to 2026-04-30'],
    ],
    [
      'from the 31st to the 30th, before February',
      31,
      30,
      '2026-02-10',
      ['2026-01-31 to 2026-02-28', '2026-02-28 to 2026-03-30'],
    ],
    [
      'from the 31st to the 28th, in February',
      31,
      28,
      '2026-02-10',
      ['2026-01-31 to 2026-02-28', '2026-02-28 to 2026-03-28'],
    ],
    [
      'from the 31st to the 1st',
      31,
      1,
      '2026-03-15',
      ['2026-02-28 to 2026-03-31', '2026-03-31 to 2026-05-01'],
    ],
    [
      'from the 29th to the 30th in a leap year',
      29,
      30,
      '2028-02-10',
      ['2028-01-29 to 2028-02-29', '2028-02-29 to 2028-03-30'],
    ],
    [
      'across the end of a year',
      1,
      20,
      '2026-12-31',
      ['2026-12-01 to 2027-01-01', '2027-01-01 to 2027-02-20'],
    ],
  ])(
    '%s: the running month keeps its end, the next is a whole month at least',
    async (_words, from, to, on, months) => {
      await made(from);
      await move(to, `${on}T00:00:00.000Z`);
      for (const month of months) {
        const [first, end] = month.split(' to ').map((day) => `${day}T00:00:00.000Z`);
        expect(await monthOf(String(first))).toBe(month);
        expect(await monthOf(new Date(Date.parse(String(end)) - 1).toISOString())).toBe(month);
      }
      expect(await monthOf('2020-05-05T00:00:00.000Z')).toMatch(
        new RegExp(`-${String(from).padStart(2, '0')} to |-30 to `),
      );
    },
  );

  test('back before it began: nothing has moved', async () => {
    await made(1);
    await move(11, '2026-03-10T00:00:00.000Z');
    await move(1, '2026-03-31T23:59:59.999Z');
    expect(await monthOf('2026-04-20T00:00:00.000Z')).toBe('2026-04-01 to 2026-05-01');
    expect(await monthOf('2026-05-20T00:00:00.000Z')).toBe('2026-05-01 to 2026-06-01');
  });

  test('back once it began: after the month that runs', async () => {
    await made(1);
    await move(11, '2026-03-10T00:00:00.000Z');
    await move(1, '2026-04-01T00:00:00.000Z');
    expect(await monthOf('2026-04-01T00:00:00.000Z')).toBe('2026-04-01 to 2026-05-11');
    expect(await monthOf('2026-05-11T00:00:00.000Z')).toBe('2026-05-11 to 2026-07-01');
  });

  test('told with an earlier moment than the move before it leaves the months of that one', async () => {
    await made(1);
    await move(11, '2026-06-10T00:00:00.000Z');
    await move(20, '2026-03-10T00:00:00.000Z');
    expect(await monthOf('2026-05-05T00:00:00.000Z')).toBe('2026-05-01 to 2026-06-01');
    expect(await monthOf('2026-06-05T00:00:00.000Z')).toBe('2026-06-01 to 2026-07-01');
    expect(await monthOf('2026-07-01T00:00:00.000Z')).toBe('2026-07-01 to 2026-08-20');
  });

  test('never changes a month in which something is counted already', async () => {
    await made(1);
    await own.ledger.grant({
      key: `grant-${ada}`,
      at: START,
      account_id: ada,
      amount: '10',
      source: 'purchased',
      expires_at: null,
      giftable: true,
      reason: 'seed',
    });
    // Told by a server whose clock is ahead.
    const at = '2026-04-20T00:00:00.000Z';
    await own.ledger.use({ id: 'use', account_id: ada, product: 'codex', units: '26', at, now: at });
    await move(11, '2026-03-20T00:00:00.000Z');
    expect(await monthOf(at)).toBe('2026-04-01 to 2026-05-01');
    expect(await monthOf('2026-05-01T00:00:00.000Z')).toBe('2026-05-01 to 2026-06-11');
  });
});

test('however the day moves, months follow each other without a gap, none is shorter than a month, none that has begun changes, and the ledger says what the domain says', async () => {
  const from = Date.parse('2027-12-15T12:00:00.000Z');
  const DAY = 86_400_000;
  const moves = fc.array(
    fc.record({
      day: fc.integer({ min: 1, max: 31 }),
      after: fc.integer({ min: -40, max: 70 }),
      hours: fc.constantFrom(0, 12),
    }),
    { minLength: 1, maxLength: 7 },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 31 }), moves, async (first, changes) => {
      people += 1;
      ada = `ada-${people}`;
      await made(first);
      let days = firstBillingDay(first);
      let asked = first;
      // The latest moment that a move was asked for at: what was answered up to there, stays.
      let [at, latest] = [from, -Infinity];
      const answered = new Map<number, string>();
      for (const { day, after, hours } of changes) {
        at += (after * 24 + hours) * 3_600_000 - (hours === 0 ? at % DAY : 0);
        latest = Math.max(latest, ...(day === asked ? [] : [at]));
        await move(day, new Date(at).toISOString());
        if (day !== asked) days = moveBillingDay(days, day, at);
        asked = day;
        for (const [moment, month] of answered) expect(text(billingMonthOf(days, moment))).toBe(month);
        for (let moment = from - 60 * DAY; moment <= latest; moment += 5 * DAY)
          answered.set(moment, text(billingMonthOf(days, moment)));
      }
      let month = billingMonthOf(days, from - 60 * DAY);
      while (month.startsAt < Math.max(from, latest) + 120 * DAY) {
        const next = billingMonthOf(days, month.endsAt);
        expect(next.startsAt).toBe(month.endsAt);
        expect(billingMonthOf(days, month.endsAt - 1)).toEqual(month);
        expect(month.endsAt).toBeGreaterThanOrEqual(monthAfter(month.startsAt));
        for (const moment of [month.startsAt, month.endsAt - 1])
          expect(await monthOf(new Date(moment).toISOString())).toBe(text(month));
        month = next;
      }
    }),
    { numRuns: 20 },
  );
});

const text = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) =>
  `${dayOf(new Date(startsAt))} to ${dayOf(new Date(endsAt))}`;

/** The same day a month later, or that month's last. */
function monthAfter(at: number): number {
  const day = new Date(at);
  const last = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 2, 0)).getUTCDate();
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, Math.min(day.getUTCDate(), last));
}
