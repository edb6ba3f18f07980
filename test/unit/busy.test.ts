import { expect, test } from 'vitest';
import { watchBusyness } from '../../src/observability/busy.ts';

test('a process that works all the time is busy, and one that waits is not', async () => {
  const isBusy = watchBusyness();
  expect(isBusy()).toBe(false);
  let working = true;
  const work = () => {
    const until = performance.now() + 5;
    while (performance.now() < until);
    if (working) setImmediate(work);
  };
  work();
  await expect.poll(isBusy, { timeout: 20_000 }).toBe(true);
  working = false;
  await expect.poll(isBusy, { timeout: 20_000 }).toBe(false);
});
