import { expect, test } from 'vitest';
import { startBoon } from '../../src/testing/index.ts';

test('two harnesses in one process share nothing but the database server', async () => {
  await using one = await startBoon({ accounts: { ada: { credits: '10' } } });
  await using two = await startBoon({ accounts: { ada: { credits: '20' } } });
  await one.advance('30 days');
  expect(one.now().getTime() - two.now().getTime()).toBeGreaterThan(29 * 86_400_000);
  expect((await one.balance('ada')).available).toBe('10');
  expect((await two.balance('ada')).available).toBe('20');
});

test('a harness can be started again after the last one has stopped, and stopping twice is harmless', async () => {
  const boon = await startBoon({ accounts: { ada: { credits: '1' } } });
  await Promise.all([boon.stop(), boon.stop()]);
  await expect(boon.balance('ada')).rejects.toThrow();
});

test('a policy that does not validate starts nothing', async () => {
  await expect(startBoon({ policy: { gifts: { min: '-1' } } })).rejects.toThrow('gifts.min');
});
