import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beyondLimits, functionsOf, type Kind, type Lengths, LIMITS } from '../support/lengths.ts';

/** What was longer than the limit when the limit came, with its length. Entries are lowered and removed, never added. */
const LISTED: Lengths = JSON.parse(readFileSync(join(import.meta.dirname, 'long-today.json'), 'utf8'));
const found = beyondLimits();

test.each(Object.keys(LIMITS) as Kind[])(
  'no %s are longer than the limit, or than the list allows',
  (kind) => {
    const tooLong = Object.entries(found[kind])
      .filter(([name, lines]) => lines > (LISTED[kind][name] ?? LIMITS[kind]))
      .map(
        ([name, lines]) => `${name} has ${lines} lines, at most are ${LISTED[kind][name] ?? LIMITS[kind]}`,
      );
    expect(tooLong).toEqual([]);
  },
);

test.each(Object.keys(LIMITS) as Kind[])(
  'the list of long %s shrinks with them: node scripts/lower-lengths.ts',
  (kind) => {
    const shorter = Object.entries(LISTED[kind])
      .filter(([name, lines]) => (found[kind][name] ?? 0) < lines)
      .map(
        ([name, lines]) =>
          `${name} has ${found[kind][name] ?? `at most ${LIMITS[kind]}`}, listed are ${lines}`,
      );
    expect(shorter).toEqual([]);
  },
);

test('functions are measured by their own name, as methods, as what is assigned, and as tests', () => {
  const text = [
    'export function named(a: string): void {',
    '  a.trim();',
    '}',
    'const assigned = async <T>(b: T) =>',
    '  b;',
    'class Thing {',
    '  #secret(): number {',
    '    return [1].map((n) => n)[0] ?? 0;',
    '  }',
    '}',
    "describe.each([1])('a group', () => {",
    "  test('a sentence', () => {});",
    '});',
    'export default { handler: () => 1 };',
  ].join('\n');
  expect(functionsOf(text)).toEqual([
    { name: 'named', lines: 3 },
    { name: 'assigned', lines: 2 },
    { name: 'secret', lines: 3 },
    { name: 'an argument', lines: 1 },
    { name: 'a sentence', lines: 1 },
    { name: 'handler', lines: 1 },
  ]);
});
