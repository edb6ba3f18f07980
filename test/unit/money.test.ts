import { describe, expect, test } from 'vitest';
import { coinsOf, decimalsOf, priceText, smallestCharge } from '../../src/domain/money.ts';

describe('money', () => {
  test.each([
    [160, 'usd', '1.60 USD'],
    [5, 'usd', '0.05 USD'],
    [0, 'eur', '0.00 EUR'],
    [-160, 'usd', '-1.60 USD'],
    [99_999_999_999_999, 'usd', '999999999999.99 USD'],
    [400, 'jpy', '400 JPY'],
    [40_000, 'huf', '400.00 HUF'],
    [40_000, 'twd', '400.00 TWD'],
    [500, 'isk', '5 ISK'],
    [550, 'isk', '5.50 ISK'],
    [500, 'ugx', '5 UGX'],
    [5120, 'kwd', '5.120 KWD'],
    [400, 'clp', '400 CLP'],
    [400, 'xaf', '400 XAF'],
    [400, 'cop', '4.00 COP'],
    [400, 'iqd', '4.00 IQD'],
  ])('%i of %s is written %s', (amount, currency, text) => {
    expect(priceText({ amount, currency })).toBe(text);
  });

  test.each([
    ['1.60', 'usd', 160],
    ['1.6', 'usd', 160],
    ['160', 'usd', 16_000],
    ['1.605', 'usd', undefined],
    ['400', 'jpy', 400],
    ['4.00', 'jpy', undefined],
    ['400', 'huf', 40_000],
    ['5', 'isk', 500],
    ['5.00', 'isk', 500],
    ['5.50', 'isk', undefined],
    ['5.12', 'kwd', 5120],
    ['5.124', 'kwd', undefined],
    ['', 'usd', undefined],
    ['-1', 'usd', undefined],
    ['1.', 'usd', undefined],
    ['1,5', 'usd', undefined],
  ])('"%s" in %s is %s', (text, currency, coins) => {
    expect(coinsOf(text, currency)).toBe(coins);
  });

  test('every currency has 0, 2 or 3 decimals by the provider’s table, and what is written is read again', () => {
    const of = (digits: number) =>
      Intl.supportedValuesOf('currency')
        .map((code) => code.toLowerCase())
        .filter((code) => decimalsOf(code) === digits);
    expect(of(0).join(' ')).toBe('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf');
    expect(of(3).join(' ')).toBe('bhd jod kwd omr tnd');
    for (const currency of [...of(0), ...of(2), ...of(3)]) {
      const amount = 123_400 * smallestCharge(currency);
      const [written = ''] = priceText({ amount, currency }).split(' ');
      expect(coinsOf(written, currency), currency).toBe(amount);
    }
  });
});
