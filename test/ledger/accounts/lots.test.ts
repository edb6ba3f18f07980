import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import { formatCredits, parseCredits } from '../../../src/domain/credits.ts';
import { type BurnKey, compareBurnOrder, LOT_SOURCES } from '../../../src/domain/lot.ts';
import type { AcceptRequest } from '../../../src/ledger/gifts/accept-gifts.ts';
import { runs } from '../../support/effort.ts';
import { act, available, give, grant, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

/** Nothing but lots decides here. */
const OPEN = {
  gifts: {
    max: '100000',
    limits: {
      per_day: { count: 10_000, amount: '1000000' },
      per_month: { count: 10_000, amount: '1000000' },
    },
    screening: {
      velocity: { verdict: 'allow' },
      new_account: { verdict: 'allow' },
      fan_in: { verdict: 'allow' },
      fan_out: { verdict: 'allow' },
      circle: { verdict: 'allow' },
    },
  },
} as const;

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(OPEN);
  await seedAccount(own.ledger, 'friend');
});
afterAll(() => own.close());

let people = 0;
async function person(): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `person-${people}`);
  return `person-${people}`;
}
const at = (by: Parameters<typeof later>[1]) => later(START, by);
const gift = (from: string, amount: string, more: Partial<AcceptRequest> = {}) =>
  give(own.ledger, from, 'friend', { amount, ...more });

/** The slices of a gift's hold: which lot, how much. */
async function slicesOf({ id }: Gift): Promise<[string, string][]> {
  const rows = await own.sql(
    `SELECT e.lot_id::text AS lot, boon_code.credits(-e.amount) AS amount FROM boon.entries e
     JOIN boon.gifts g ON g.transfer = e.transfer WHERE g.id = $1 ORDER BY e.slice`,
    [id],
  );
  return rows.map(({ lot, amount }) => [String(lot), String(amount)]);
}
/** What is left in each lot, in burn order. */
async function left(account: string, when = START): Promise<[string, string][]> {
  return (await own.ledger.balance(account, when)).lots.map(({ id, remaining }) => [id, remaining]);
}
const lotId = async (account: string, amount: string, more: Parameters<typeof grant>[3] = {}) =>
  (await grant(own.ledger, account, amount, more)).value.id;

describe('burn order', () => {
  test('of the domain is that of the SQL, lot by lot', async () => {
    const times = [0, 1, 2].map((days) => at({ days }));
    const someLot = fc.record({
      source: fc.constantFrom(...LOT_SOURCES),
      granted: fc.constantFrom(...times),
      expires: fc.constantFrom(null, at({ days: 10 }), at({ days: 20 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(someLot, { minLength: 2, maxLength: 12 }), async (grants) => {
        const account = await person();
        const keys: BurnKey[] = [];
        for (const { source, granted, expires } of grants) {
          const more = { source, at: granted, expires_at: expires };
          keys.push({
            id: BigInt(await lotId(account, '1', more)),
            source,
            grantedAt: Date.parse(granted),
            expiresAt: expires === null ? null : Date.parse(expires),
          });
        }
        const order = keys.toSorted(compareBurnOrder).map(({ id }) => String(id));
        const now = at({ days: 3 });
        expect((await left(account, now)).map(([id]) => id)).toEqual(order);
        // What is given is taken in that order too.
        const given = await gift(account, String(grants.length), { at: now });
        expect((await slicesOf(given)).map(([id]) => id)).toEqual(order);
      }),
      { numRuns: runs(15) },
    );
  });

  test('passes over what is not giftable', async () => {
    const account = await person();
    const first = await lotId(account, '10', { expires_at: at({ days: 1 }), giftable: false });
    const second = await lotId(account, '10', { expires_at: at({ days: 2 }) });
    const third = await lotId(account, '10', { expires_at: at({ days: 3 }), giftable: false });
    const fourth = await lotId(account, '10');
    expect(await slicesOf(await gift(account, '15'))).toEqual([
      [second, '10'],
      [fourth, '5'],
    ]);
    expect(await left(account)).toEqual([
      [first, '10'],
      [third, '10'],
      [fourth, '5'],
    ]);
  });
});

describe('slices', () => {
  test('of gifts in one batch follow each other through the lots', async () => {
    const account = await person();
    const lots = [
      await lotId(account, '10'),
      await lotId(account, '10'),
      await lotId(account, '10'),
    ] as const;
    const gifts = await Promise.all(['4', '9', '12', '5'].map((amount) => gift(account, amount)));
    expect(await Promise.all(gifts.map(slicesOf))).toEqual([
      [[lots[0], '4']],
      [
        [lots[0], '6'],
        [lots[1], '3'],
      ],
      [
        [lots[1], '7'],
        [lots[2], '5'],
      ],
      [[lots[2], '5']],
    ]);
    expect(await available(own.ledger, account)).toBe('0');
  });

  test('go back to the lots they came from, not where today’s order would put them', async () => {
    const account = await person();
    const late = await lotId(account, '10', { expires_at: at({ days: 20 }) });
    const never = await lotId(account, '10');
    const given = await gift(account, '15');
    // Sooner than both, and not the one to be filled.
    const soon = await lotId(account, '10', { expires_at: at({ days: 10 }) });
    const second = await gift(account, '12');
    expect(await slicesOf(second)).toEqual([
      [soon, '10'],
      [never, '2'],
    ]);
    await act(own.ledger, given, 'cancel', at({ hours: 1 }));
    expect(await left(account)).toEqual([
      [late, '10'],
      [never, '8'],
    ]);
    await act(own.ledger, second, 'reject', at({ hours: 1 }));
    expect(await left(account)).toEqual([
      [soon, '10'],
      [late, '10'],
      [never, '10'],
    ]);
  });

  test('become lots of the recipient, each with the expiry of its source', async () => {
    const [account, to] = [await person(), await person()];
    await lotId(account, '10', { expires_at: at({ days: 20 }), source: 'promotional' });
    await lotId(account, '10', { expires_at: at({ days: 2_000 }) });
    await lotId(account, '10', { source: 'earned' });
    const given = await give(own.ledger, account, to, { amount: '25' });
    await own.ledger.advanceGift(given.id, at({ days: 1 }));
    const year = '2027-03-11T12:00:00.000Z';
    expect((await own.ledger.balance(to, at({ days: 1 }))).lots).toMatchObject([
      { source: 'gifted', remaining: '10', expires_at: at({ days: 20 }), giftable: false },
      { source: 'gifted', remaining: '10', expires_at: year },
      { source: 'gifted', remaining: '5', expires_at: year },
    ]);
  });

  test('of a hundred and twenty lots go in one gift, and back', async () => {
    const account = await person();
    const lots = 120;
    await Promise.all(Array.from({ length: lots }, () => grant(own.ledger, account, '0.5')));
    const given = await gift(account, '60');
    expect(await slicesOf(given)).toHaveLength(lots);
    await own.ledger.advanceGift(given.id, at({ days: 1 }));
    const reversed = await act(own.ledger, given, 'reverse', at({ days: 1 }));
    expect(reversed.reversal).toEqual({ recovered: '60', unrecovered: '0' });
    expect(await left(account)).toHaveLength(lots);
  });

  test('never add up to anything but the gift, whatever the lots', async () => {
    const some = fc.bigInt({ min: 1n, max: 30_000_000n });
    await fc.assert(
      fc.asyncProperty(
        fc.array(some, { minLength: 1, maxLength: 8 }),
        fc.array(fc.bigInt({ min: 1_000_000n, max: 40_000_000n }), { minLength: 1, maxLength: 6 }),
        async (grants, asked) => {
          const account = await person();
          for (const amount of grants) await grant(own.ledger, account, formatCredits(amount));
          let rest = grants.reduce((sum, amount) => sum + amount, 0n);
          for (const amount of asked) {
            const call = gift(account, formatCredits(amount));
            if (amount > rest) {
              await expect(call).rejects.toMatchObject(refusal('insufficient_credits'));
              continue;
            }
            rest -= amount;
            const slices = (await slicesOf(await call)).map(([, micro]) => parseCredits(micro) ?? 0n);
            expect(slices.reduce((sum, part) => sum + part, 0n)).toBe(amount);
          }
          expect(await available(own.ledger, account)).toBe(formatCredits(rest));
        },
      ),
      { numRuns: runs(15) },
    );
  });
});
