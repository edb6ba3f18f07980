import { expect, test } from 'vitest';
import { differenceOf, type Learned, shownAnew, withLearned } from '../support/docs/shown-output.ts';

const console = (text: string) => ({ language: 'console', text });
const said = (page: string, printed: string, learned: Learned = new Map()) =>
  differenceOf(console(page), printed, learned);

test('times, durations and widths of columns are any, and other words are not', () => {
  expect(
    said('at  2026-11-21T05:46:20.346Z  in [  0.1 s]', 'at 2031-01-02T03:04:05Z in [ 12.3 s]'),
  ).toBeUndefined();
  expect(said('held for 14 days', 'held for 13 days')).toMatch('is not where it should be');
  expect(said('held', 'held\nand more')).toMatch('and more');
});

test('an ellipsis is anything, but what follows it must come', () => {
  expect(said('first\n…\nlast', 'first\nsecond\nthird\nlast')).toBeUndefined();
  expect(said('{"id":"…",…,"end":1}', '{"id":"7","x":2,"end":1}')).toBeUndefined();
  expect(said('first … last', 'first second')).toMatch('is not where it should be');
  expect(said('first …', 'first second')).toBeUndefined();
});

test('an id stands for the one that was made, from then on', () => {
  const learned: Learned = new Map();
  const [page, real] = ['gft_01m7ya8g6p0k126d8jaqmsqhzh', 'gft_01aaaaaaaaaaaaaaaaaaaaaaaa'];
  expect(
    said(`${page} is held, and ${page} is it`, `${real} is held, and ${real} is it`, learned),
  ).toBeUndefined();
  expect(withLearned(`boon gift show ${page}`, learned)).toBe(`boon gift show ${real}`);
  expect(said(page, 'gft_01bbbbbbbbbbbbbbbbbbbbbbbb', learned)).toMatch('is not where it should be');
});

test('headers are among the others, and the body is compared whole', () => {
  const shown = { language: 'http', text: 'HTTP/1.1 202 Accepted\nx-one: 1\n\n{"a":1,\n "b":2}' };
  const printed = 'HTTP/1.1 202 Accepted\r\ndate: now\r\nx-one: 1\r\n\r\n{"a":1,"b":2}';
  expect(differenceOf(shown, printed, new Map())).toBeUndefined();
  expect(differenceOf(shown, printed.replace('x-one', 'x-two'), new Map())).toMatch(
    'is not among the headers',
  );
  expect(differenceOf(shown, printed.replace('"b":2', '"b":3'), new Map())).toMatch(
    'is not where it should be',
  );
});

test('an output that is written anew keeps the ids of the page', () => {
  const [page, real] = ['gft_01m7ya8g6p0k126d8jaqmsqhzh', 'gft_01aaaaaaaaaaaaaaaaaaaaaaaa'];
  expect(shownAnew(console(`${page} was so`), `${real} is so`, new Map())).toBe(`${page} is so`);
});
