import { setTimeout as realTime } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { eventTimes } from './support/event-times.ts';

const START = '2031-03-10T12:00:00.000Z';
const MS = 1;

let boon: BoonHarness;
beforeAll(async () => {
  boon = await startBoon({
    startAt: START,
    accounts: { ada: { credits: '100' }, grace: {}, linus: { credits: '50' } },
    policy: { resets: { complimentary_plans: [] } },
  });
});
afterAll(() => boon?.stop());

/** A moment so many milliseconds before another one. */
function before(moment: string, milliseconds = MS): Date {
  return new Date(Date.parse(moment) - milliseconds);
}

async function statusOf(id: string) {
  return (await boon.client.transfers.get(id)).status;
}

test('time begins at the very moment that is asked for, and stands still while real time passes', async () => {
  expect(boon.now().toISOString()).toBe(START);
  await realTime(300);
  expect(boon.now().toISOString()).toBe(START);
});

test('a gift is pending one millisecond before its deadline, however long the test looks, and settled at it', async () => {
  const gift = await boon.client.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: '40' });
  expect(gift.settles_at).toBe('2031-03-11T12:00:00.000Z');

  await boon.advanceTo(before(gift.settles_at));
  await realTime(1_500);
  expect(boon.now()).toEqual(before(gift.settles_at));
  expect(await statusOf(gift.id)).toBe('pending');
  expect(await boon.balance('ada')).toMatchObject({ available: '60', held: '40' });
  expect(await boon.balance('grace')).toMatchObject({ available: '0', pending_in: '40' });

  await boon.advanceTo(gift.settles_at);
  expect(await boon.client.transfers.get(gift.id)).toMatchObject({
    status: 'settled',
    settled_at: gift.settles_at,
  });
  expect(await boon.balance('ada')).toMatchObject({ available: '60', held: '0' });
  expect(await boon.balance('grace')).toMatchObject({ available: '40', pending_in: '0' });
  const process = boon.temporal.workflow.getHandle(`gift/${gift.id}`);
  expect(await process.result()).toEqual({ status: 'settled', settled_at: gift.settles_at });
});

test('a quiet gift costs six events, as on any other server', async () => {
  const gift = await boon.client.transfers.create({
    from: 'linus',
    to: { account_id: 'grace' },
    amount: '1',
  });
  await boon.advanceTo(before(gift.settles_at));
  await boon.advance('1 ms');
  const { events } = await boon.temporal.workflow.getHandle(`gift/${gift.id}`).fetchHistory();
  expect(events).toHaveLength(6);
});

test('a gift canceled at its last millisecond is recorded as canceled then', async () => {
  const gift = await boon.client.transfers.create({
    from: 'linus',
    to: { account_id: 'grace' },
    amount: '1',
  });
  await boon.advanceTo(before(gift.settles_at));
  await realTime(200);
  await boon.client.transfers.cancel(gift.id);
  expect(await statusOf(gift.id)).toBe('canceled');
  expect(await eventTimes(boon, 'gift.canceled', gift.id)).toEqual([before(gift.settles_at).toISOString()]);
});

test('a deadline that real time passes while the test stands still is not missed, and comes when time gets there', async () => {
  await boon.setPolicy({ gifts: { settlement: 'PT1S' } });
  const gift = await boon.client.transfers.create({
    from: 'linus',
    to: { account_id: 'grace' },
    amount: '1',
  });
  await realTime(2_000);
  expect(await statusOf(gift.id)).toBe('pending');
  await boon.advance('999 ms');
  expect(await statusOf(gift.id)).toBe('pending');
  await boon.advance('1 ms');
  expect(await boon.client.transfers.get(gift.id)).toMatchObject({
    status: 'settled',
    settled_at: gift.settles_at,
  });
  await boon.setPolicy({ gifts: { settlement: 'PT24H' } });
});

test('two gifts whose deadlines are a millisecond apart settle a millisecond apart', async () => {
  const give = () =>
    boon.client.transfers.create({ from: 'linus', to: { account_id: 'grace' }, amount: '1' });
  const one = await give();
  await boon.advance('1 ms');
  const two = await give();
  await boon.advanceTo(one.settles_at);
  expect([await statusOf(one.id), await statusOf(two.id)]).toEqual(['settled', 'pending']);
  await boon.advance('1 ms');
  for (const { id, settles_at } of [one, two]) {
    expect(await boon.client.transfers.get(id)).toMatchObject({ status: 'settled', settled_at: settles_at });
  }
});

test('advancing by nothing, or to a moment that has passed, moves nothing', async () => {
  const now = boon.now();
  await boon.advance(0);
  await boon.advanceTo(START);
  expect(boon.now()).toEqual(now);
  await expect(boon.advanceTo('soon')).rejects.toThrow('is no moment in time');
});

test('a claim link works up to the last millisecond of its 14 days', async () => {
  const { transfers } = boon.client;
  const give = (email: string) => transfers.create({ from: 'ada', to: { email }, amount: '2' });
  const claimed = await give('hedy@example.com');
  const lost = await give('joan@example.com');
  const { claim } = await boon.mailTo('hedy@example.com');
  await boon.seedAccount('hedy');
  const ends = String(claimed.claim_expires_at);
  expect(Date.parse(ends) - boon.now().getTime()).toBe(14 * 86_400_000);

  await boon.advanceTo(before(ends));
  expect(await statusOf(lost.id)).toBe('awaiting_claim');
  await transfers.claim(claimed.id, { token: claim?.token ?? '', account_id: 'hedy' });
  await boon.advance('1 ms');
  expect(await statusOf(lost.id)).toBe('expired');
  expect(await eventTimes(boon, 'gift.expired', lost.id)).toEqual([ends]);
  expect(await statusOf(claimed.id)).not.toBe('expired');
});

test('a purchase that nobody pays is open until its last millisecond', async () => {
  const purchase = await boon.client.purchases.create({ account_id: 'ada', package: 'credits-100' });
  await boon.advanceTo(before(purchase.expires_at));
  await realTime(200);
  expect(await boon.client.purchases.get(purchase.id)).toMatchObject({ status: 'open' });
  await boon.advance('1 ms');
  expect(await boon.client.purchases.get(purchase.id)).toMatchObject({
    status: 'expired',
    ended_at: purchase.expires_at,
  });
});

test('a banked reset can be redeemed up to its last millisecond', async () => {
  await boon.client.resets.grant({ account_id: 'ada', count: 1, reason: 'sorry' });
  const { id = '', expires_at = '' } = (await boon.client.resets.list('ada')).data[0] ?? {};
  await boon.advanceTo(before(expires_at));
  expect(await boon.client.accounts.limits('ada')).toMatchObject({ resets_available: 1 });
  await boon.advance('1 ms');
  expect(await boon.client.resets.list('ada')).toMatchObject({
    data: [{ status: 'expired' }],
  });
  expect(await eventTimes(boon, 'reset.expired', id.slice('rst_'.length))).toEqual([expires_at]);
});
