import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GIFT_PROCESSES } from '../../../src/domain/gift-processes.ts';
import { inMode } from '../../support/gift-modes.ts';
import { DAY, type GiftRig, giftRig, HOUR } from '../../support/gift-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let whole: GiftRig;
beforeAll(async () => {
  whole = await giftRig(await timeSkippingServer());
});
afterAll(() => whole.close());

/** Real time in which a gift that is due would have settled. */
const A_MOMENT = 300;

describe.each(GIFT_PROCESSES)('with `%s`', (processes) => {
  let rig: GiftRig;
  beforeAll(() => {
    rig = inMode(whole, processes);
  });
  const name = (who: string) => `${who}-${processes}`;

  test('a gift is pending one second before 24 hours and settles at 24 hours', async () => {
    await rig.seed(name('ada'), '100');
    await rig.seed(name('bob'));
    const gift = await rig.give({ from: name('ada'), to: { account_id: name('bob') }, amount: '40' });
    await rig.sleep(DAY - 1000);
    await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
    expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
    expect(await rig.available(name('bob'))).toBe('0');

    await rig.sleep(1000);
    const settled = await rig.until(gift, 'settled');
    expect(await rig.available(name('bob'))).toBe('40');
    expect(await rig.available(name('ada'))).toBe('60');
    const late = Date.parse(settled.settled_at ?? '') - Date.parse(gift.created_at) - DAY;
    expect(late).toBeGreaterThanOrEqual(0);
    // The clock goes on while the work is done, on a busy machine for seconds.
    expect(late).toBeLessThan(30_000);
  });

  test('many gifts that are due at the same moment all settle', async () => {
    await rig.seed(name('carl'), '100');
    const gifts = [];
    for (let count = 0; count < 5; count += 1) {
      await rig.seed(name(`friend-${count}`));
      gifts.push(
        await rig.give({ from: name('carl'), to: { account_id: name(`friend-${count}`) }, amount: '10' }),
      );
    }
    await rig.sleep(DAY);
    for (const gift of gifts) await rig.until(gift, 'settled');
    expect(await rig.available(name('carl'))).toBe('50');
  });

  test('an account that was frozen meanwhile holds the gift, and the clock goes on when it is unfrozen', async () => {
    await rig.seed(name('dora'), '100');
    await rig.seed(name('emil'));
    const gift = await rig.give({ from: name('dora'), to: { account_id: name('emil') }, amount: '10' });
    await rig.sleep(2 * HOUR);
    await rig.ledger.putAccount(name('dora'), { plan: 'plus', status: 'frozen' }, await rig.now());
    await rig.sleep(DAY);
    await rig.until(gift, 'held');
    await rig.ledger.putAccount(name('dora'), { plan: 'plus', status: 'active' }, await rig.now());
    expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
    // A process waits for the end of the hold, which it learned of; it is told that the freeze is over.
    if (processes === 'each') await rig.client.workflow.getHandle(`gift/${gift.id}`).executeUpdate('refresh');
    await rig.sleep(22 * HOUR - 60_000);
    await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
    expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
    await rig.sleep(120_000);
    await rig.until(gift, 'settled');
  });

  test('a gift is screened again before it settles', async () => {
    await rig.seed(name('fred'), '100');
    await rig.seed(name('gina'));
    const gift = await rig.give({ from: name('fred'), to: { account_id: name('gina') }, amount: '10' });
    const shared = { plan: 'plus' as const, fingerprints: ['card:1'] };
    await rig.ledger.putAccount(name('fred'), shared, await rig.now());
    await rig.ledger.putAccount(name('gina'), shared, await rig.now());
    await rig.sleep(DAY);
    expect(await rig.until(gift, 'held')).toMatchObject({ reason_code: 'shared_fingerprint' });
    // Nobody looks at it: after 14 days the credits go back to where they came from.
    await rig.sleep(14 * DAY);
    expect(await rig.until(gift, 'rejected')).toMatchObject({ reason_code: 'shared_fingerprint' });
    expect(await rig.available(name('fred'))).toBe('100');
  });

  test('a recipient whose account was closed meanwhile gets nothing, and the sender has the credits back', async () => {
    await rig.seed(name('hans'), '100');
    await rig.seed(name('ines'));
    const gift = await rig.give({ from: name('hans'), to: { account_id: name('ines') }, amount: '10' });
    await rig.ledger.putAccount(name('ines'), { plan: 'plus', status: 'closed' }, await rig.now());
    await rig.sleep(DAY);
    await rig.until(gift, 'rejected');
    await rig.untilClosed(gift);
    expect(await rig.available(name('hans'))).toBe('100');
  });
});
