import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, type GiftRig, giftRig, HOUR } from '../../support/gift-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer());
});
afterAll(() => rig.close());

/** Real time in which a gift that is due would have settled. */
const A_MOMENT = 300;

test('a gift is pending one second before 24 hours and settles at 24 hours', async () => {
  await rig.seed('ada', '100');
  await rig.seed('bob');
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '40' });
  await rig.sleep(DAY - 1000);
  await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
  expect(await rig.available('bob')).toBe('0');

  await rig.sleep(1000);
  const settled = await rig.until(gift, 'settled');
  expect(await rig.available('bob')).toBe('40');
  expect(await rig.available('ada')).toBe('60');
  const late = Date.parse(settled.settled_at ?? '') - Date.parse(gift.created_at) - DAY;
  expect(late).toBeGreaterThanOrEqual(0);
  // The clock goes on while the work is done, on a busy machine for seconds.
  expect(late).toBeLessThan(30_000);
});

test('many gifts that are due at the same moment all settle', async () => {
  await rig.seed('carl', '100');
  const gifts = [];
  for (let count = 0; count < 5; count += 1) {
    await rig.seed(`friend-${count}`);
    gifts.push(await rig.give({ from: 'carl', to: { account_id: `friend-${count}` }, amount: '10' }));
  }
  await rig.sleep(DAY);
  for (const gift of gifts) await rig.until(gift, 'settled');
  expect(await rig.available('carl')).toBe('50');
});

test('an account that was frozen meanwhile holds the gift, and the clock goes on when it is unfrozen', async () => {
  await rig.seed('dora', '100');
  await rig.seed('emil');
  const gift = await rig.give({ from: 'dora', to: { account_id: 'emil' }, amount: '10' });
  await rig.sleep(2 * HOUR);
  await rig.ledger.putAccount('dora', { plan: 'plus', status: 'frozen' }, await rig.now());
  await rig.sleep(DAY);
  await rig.until(gift, 'held');
  await rig.ledger.putAccount('dora', { plan: 'plus', status: 'active' }, await rig.now());
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
  // The process waits for the end of the hold, which it learned of; it is told that the freeze is over.
  await rig.client.workflow.getHandle(`gift/${gift.id}`).executeUpdate('refresh');
  await rig.sleep(22 * HOUR - 60_000);
  await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
  await rig.sleep(120_000);
  await rig.until(gift, 'settled');
});

test('a gift is screened again before it settles', async () => {
  await rig.seed('fred', '100');
  await rig.seed('gina');
  const gift = await rig.give({ from: 'fred', to: { account_id: 'gina' }, amount: '10' });
  const shared = { plan: 'plus' as const, fingerprints: ['card:1'] };
  await rig.ledger.putAccount('fred', shared, await rig.now());
  await rig.ledger.putAccount('gina', shared, await rig.now());
  await rig.sleep(DAY);
  expect(await rig.until(gift, 'held')).toMatchObject({ reason_code: 'shared_fingerprint' });
  // Nobody looks at it: after 14 days the credits go back to where they came from.
  await rig.sleep(14 * DAY);
  expect(await rig.until(gift, 'rejected')).toMatchObject({ reason_code: 'shared_fingerprint' });
  expect(await rig.available('fred')).toBe('100');
});

test('a recipient whose account was closed meanwhile gets nothing, and the sender has the credits back', async () => {
  await rig.seed('hans', '100');
  await rig.seed('ines');
  const gift = await rig.give({ from: 'hans', to: { account_id: 'ines' }, amount: '10' });
  await rig.ledger.putAccount('ines', { plan: 'plus', status: 'closed' }, await rig.now());
  await rig.sleep(DAY);
  await rig.until(gift, 'rejected');
  await rig.untilClosed(gift);
  expect(await rig.available('hans')).toBe('100');
});
