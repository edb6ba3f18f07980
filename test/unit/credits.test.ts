import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCredits, MAX_MICRO_CREDITS, parseCredits, sumCredits } from '../../src/domain/credits.ts';

const amount = fc.bigInt({ min: 0n, max: MAX_MICRO_CREDITS });

describe('credits', () => {
  test('what is written is read back', () => {
    fc.assert(fc.property(amount, (micro) => parseCredits(formatCredits(micro)) === micro));
  });

  test('each amount has one spelling: what is read is written back letter by letter', () => {
    const text = fc.stringMatching(/^-?\d{1,12}(\.\d{0,8})?$/);
    fc.assert(
      fc.property(text, (candidate) => {
        const micro = parseCredits(candidate);
        return micro === undefined || formatCredits(micro) === candidate;
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['0', 0n],
    ['0.000001', 1n],
    ['1', 1_000_000n],
    ['40.5', 40_500_000n],
    ['1000000000', MAX_MICRO_CREDITS],
  ])('%s is %s micro-credits', (text, micro) => {
    expect(parseCredits(text)).toBe(micro);
    expect(formatCredits(micro)).toBe(text);
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '-0',
    '01',
    '00',
    '.5',
    '1.',
    '1.0',
    '0.10',
    '1e3',
    '0x10',
    '1,000',
    '1_000',
    '0.0000001',
    'NaN',
    'Infinity',
    '١',
    '1\n',
    '1000000000.000001',
    '1'.padEnd(31, '0'),
    '9'.repeat(10_000),
  ])('%j is not an amount', (text) => {
    expect(parseCredits(text)).toBeUndefined();
  });

  test('a negative amount is written with its sign, zero without', () => {
    expect(formatCredits(-1n)).toBe('-0.000001');
    expect(formatCredits(-40_500_000n)).toBe('-40.5');
    expect(formatCredits(0n)).toBe('0');
  });

  test('a sum is exact and may be above the most of one operation', () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (parts) => {
        const sum = parts.reduce((total, part) => total + part, 0n);
        return sumCredits(parts.map(formatCredits)) === formatCredits(sum);
      }),
    );
  });
});
