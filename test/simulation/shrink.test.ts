import { expect, test } from 'vitest';
import { shrink } from './shrink.ts';

/** Fails when the numbers have come in this order, wherever. */
function needs(...wanted: number[]) {
  let played = 0;
  const fails = async (steps: readonly number[]) => {
    played += 1;
    let next = 0;
    for (const [n, step] of steps.entries()) {
      if (step === wanted[next]) next += 1;
      if (next === wanted.length) return n;
    }
    return undefined;
  };
  return { fails, played: () => played };
}

const hundred = Array.from({ length: 100 }, (_, n) => n);

test('what is left of a failing sequence is just what it needs', async () => {
  expect(await shrink(hundred, needs(37).fails)).toEqual([37]);
  expect(await shrink(hundred, needs(3, 50, 98).fails)).toEqual([3, 50, 98]);
  expect(await shrink([5], needs(5).fails)).toEqual([5]);
});

test('a sequence is played no more often than it may be', async () => {
  const { fails, played } = needs(3, 50, 98);
  const left = await shrink(hundred, fails, 10);
  expect(played()).toBeLessThanOrEqual(10);
  expect(await fails(left)).toBeDefined();
});
