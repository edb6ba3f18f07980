import { expect, test } from 'vitest';
import { fields, laidOut, table } from '../../src/cli/table.ts';

const ROWS = [
  ['gft_06bq2n6y3v8k5s7r1x4z9m0c2d', 'pending', '12.5', 'ada', '2026-03-10T12:00:00.000Z'],
  ['gft_06bq2n6y3v8k5s7r1x4z9m0c2e', 'held', '2', 'ada', null],
];
const HEADINGS = ['gift', 'status', 'credits', 'from', 'sent at'];

test('a table that fits has one line a row', () => {
  expect(laidOut([table(HEADINGS, ROWS, 'No gifts.')], 90)).toEqual([
    'gift                            status   credits  from  sent at',
    'gft_06bq2n6y3v8k5s7r1x4z9m0c2d  pending  12.5     ada   2026-03-10T12:00:00.000Z',
    'gft_06bq2n6y3v8k5s7r1x4z9m0c2e  held     2        ada   -',
  ]);
});

test('in a table that does not fit, columns go on below, and nothing is left out', () => {
  expect(laidOut([table(HEADINGS, ROWS, 'No gifts.')], 60)).toEqual([
    'gift                            status   credits  from',
    '  sent at',
    'gft_06bq2n6y3v8k5s7r1x4z9m0c2d  pending  12.5     ada',
    '  2026-03-10T12:00:00.000Z',
    'gft_06bq2n6y3v8k5s7r1x4z9m0c2e  held     2        ada',
    '  -',
  ]);
});

test('long words of a cell are broken between words, at most as wide as the terminal', () => {
  const error = 'the server did not answer within thirty seconds and nobody knows why';
  const lines = laidOut([table(['id', 'last error'], [['stk_1', error]], 'None.')], 30);
  expect(lines.slice(2)).toEqual([
    'stk_1',
    '  the server did not answer',
    '  within thirty seconds and',
    '  nobody knows why',
  ]);
});

test('a field folds in its own column; one without a value is left out', () => {
  const detail = 'The program is open to chosen accounts only.';
  expect(laidOut([fields({ because: detail, reason: null, 'rewards left': 2 })], 40)).toEqual([
    'because       The program is open to',
    '              chosen accounts only.',
    'rewards left  2',
  ]);
});

test('an address stays whole, to be copied', () => {
  const link = `https://boon.example.com/claim/gft_1#token=${'x'.repeat(40)}`;
  expect(laidOut([fields({ link })], 40)).toEqual([`link  ${link}`]);
});
