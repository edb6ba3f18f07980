import { expect, test } from 'vitest';
import { orderedId } from '../../src/domain/ordered-id.ts';

const bytes = (value: number) => new Uint8Array(10).fill(value);

test('an id is its prefix and 26 characters of base32', () => {
  expect(orderedId('gft', 0, bytes(0))).toBe(`gft_${'0'.repeat(26)}`);
  expect(orderedId('gft', 2 ** 48 - 1, bytes(255))).toBe(`gft_7${'z'.repeat(25)}`);
});

test('ids sort by the time they were made in, whatever is random in them', () => {
  const times = [0, 1, 31, 32, 1_000, 1_780_000_000_000, 1_780_000_000_001, 2 ** 48 - 1];
  const ids = times.map((time, i) => orderedId('gft', time, bytes(255 - i)));
  expect([...ids].sort()).toEqual(ids);
});

test('ids of one moment differ by what is random in them', () => {
  const last = bytes(0);
  last[9] = 1;
  expect(orderedId('key', 5, bytes(0))).not.toBe(orderedId('key', 5, last));
});
