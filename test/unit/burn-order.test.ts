import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BurnKey, compareBurnOrder, LOT_SOURCES } from '../../src/domain/lot.ts';

/** Few different times and sources, so that ties are frequent. */
const lot: fc.Arbitrary<BurnKey> = fc.record({
  id: fc.bigInt({ min: 1n, max: 50n }),
  source: fc.constantFrom(...LOT_SOURCES),
  grantedAt: fc.integer({ min: 0, max: 3 }),
  expiresAt: fc.option(fc.integer({ min: 0, max: 3 })),
});

const base: BurnKey = { id: 1n, source: 'earned', grantedAt: 10, expiresAt: 10 };
test.each<[string, Partial<BurnKey>, Partial<BurnKey>]>([
  ['the soonest to expire', { expiresAt: 9, source: 'purchased' }, { source: 'promotional' }],
  ['what expires before what never does', { expiresAt: 9_999_999 }, { expiresAt: null }],
  ['promotional before earned', { source: 'promotional', grantedAt: 11 }, { source: 'earned' }],
  ['earned before gifted', { source: 'earned', grantedAt: 11 }, { source: 'gifted' }],
  ['gifted before purchased', { source: 'gifted', grantedAt: 11 }, { source: 'purchased' }],
  ['the oldest', { grantedAt: 9, id: 2n }, { grantedAt: 10 }],
  ['the lowest id', { id: 9n }, { id: 10n }],
])('%s burns first', (_what, first, second) => {
  expect(compareBurnOrder({ ...base, ...first }, { ...base, ...second })).toBeLessThan(0);
  expect(compareBurnOrder({ ...base, ...second }, { ...base, ...first })).toBeGreaterThan(0);
});

test('burn order is total: only lots with the same id tie, and it does not depend on where they lay', () => {
  fc.assert(
    fc.property(fc.uniqueArray(lot, { selector: ({ id }) => id, maxLength: 20 }), (lots) => {
      const sorted = lots.toSorted(compareBurnOrder);
      expect(lots.toReversed().toSorted(compareBurnOrder)).toEqual(sorted);
      for (const [at, one] of sorted.entries()) {
        for (const other of sorted.slice(at + 1)) expect(compareBurnOrder(one, other)).toBeLessThan(0);
      }
    }),
  );
});
