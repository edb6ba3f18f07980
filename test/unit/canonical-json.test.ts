import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical-json.ts';

/** The same value with the keys of every object put in in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, turned(part)]),
  );
}

test('the order in which keys were put in does not matter', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => canonicalJson(turned(value)) === canonicalJson(value)));
});

test('it is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('different values have different texts', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const same = JSON.stringify(turned(one)) === JSON.stringify(turned(other));
      expect(canonicalJson(one) === canonicalJson(other)).toBe(
        same || canonicalJson(JSON.parse(JSON.stringify(one))) === canonicalJson(other),
      );
    }),
  );
});

test('a key that is undefined is as good as left out, one that is null is not', () => {
  expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
  expect(canonicalJson({ b: 1, a: null })).toBe('{"a":null,"b":1}');
});

test('keys sort by code units, also those that look like numbers', () => {
  expect(canonicalJson({ 10: 1, 9: 2, a: 3, B: 4 })).toBe('{"10":1,"9":2,"B":4,"a":3}');
});
