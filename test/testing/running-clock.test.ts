import { setTimeout as realTime } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';

let boon: BoonHarness;
beforeAll(async () => {
  boon = await startBoon({
    accounts: { ada: { credits: '100' }, grace: {} },
    policy: { gifts: { settlement: 'PT2S' } },
  });
});
afterAll(() => boon?.stop());

function give() {
  return boon.client.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: '1' });
}

test('time runs when it is told to, at the pace of real time, and stands still again', async () => {
  const began = boon.now().getTime();
  await boon.run();
  await realTime(500);
  await boon.freeze();
  const ran = boon.now().getTime() - began;
  expect(ran).toBeGreaterThanOrEqual(490);
  expect(ran).toBeLessThan(20_000);
  const stopped = boon.now();
  await realTime(100);
  expect(boon.now()).toEqual(stopped);
});

test('what falls due while time runs happens by itself, soon after its moment', async () => {
  await boon.run();
  const gift = await give();
  await expect
    .poll(async () => (await boon.client.transfers.get(gift.id)).status, { timeout: 15_000 })
    .toBe('settled');
  const { settled_at, settles_at } = await boon.client.transfers.get(gift.id);
  const late = Date.parse(String(settled_at)) - Date.parse(settles_at);
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThan(10_000);
  await boon.freeze();
});

test('gifts accepted while time ran have deadlines of their own, and each settles at its very own', async () => {
  await boon.run();
  const one = await give();
  await realTime(50);
  const two = await give();
  await boon.freeze();
  expect(one.settles_at).not.toBe(two.settles_at);
  await boon.advance('1 hour');
  const settled = await Promise.all([one, two].map(({ id }) => boon.client.transfers.get(id)));
  for (const { settles_at, settled_at } of settled) expect(settled_at).toBe(settles_at);
});

test('time that is advanced while it runs is advanced exactly, and goes on running', async () => {
  await boon.run();
  const gift = await give();
  await boon.advance('1 day');
  const { settled_at, settles_at } = await boon.client.transfers.get(gift.id);
  expect(settled_at).toBe(settles_at);
  const then = boon.now();
  await realTime(50);
  expect(boon.now().getTime()).toBeGreaterThan(then.getTime());
  await boon.freeze();
  await boon.freeze();
});

test('a harness that is stopped while time runs ends all the same', async () => {
  const other = await startBoon({ accounts: { ada: { credits: '1' } } });
  await other.run();
  await realTime(150);
  await other.stop();
});

test('running and freezing twice is once', async () => {
  await Promise.all([boon.run(), boon.run(), boon.freeze(), boon.freeze()]);
  const now = boon.now();
  await realTime(50);
  expect(boon.now()).toEqual(now);
});
