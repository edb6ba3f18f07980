import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import { GIFT_PROCESSES } from '../../../src/domain/gift-processes.ts';
import { inMode, opened } from '../../support/gift-modes.ts';
import { DAY, type GiftRig, giftRig, HOUR } from '../../support/gift-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';
import { newKey } from '../../support/test-ledger.ts';

let whole: GiftRig;
let rig: GiftRig;
beforeAll(async () => {
  whole = await giftRig(await timeSkippingServer());
});
afterAll(() => whole.close());

let from: string;
let to: string;
let people = 0;
beforeEach(async () => {
  people += 1;
  from = `sender-${people}`;
  to = `friend-${people}`;
  await whole.seed(from, '100');
  await whole.seed(to);
});

function give(amount = '40'): Promise<Gift> {
  return rig.give({ from, to: { account_id: to }, amount });
}

/** Real time in which something that is due would have happened. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 300));

describe.each(GIFT_PROCESSES)('with `%s`', (processes) => {
  beforeAll(() => {
    rig = inMode(whole, processes);
  });

  describe('a cancellation', () => {
    test('gives the credits back and ends the process', async () => {
      const gift = await give();
      await rig.sleep(HOUR);
      expect(await rig.act(gift, 'cancel')).toMatchObject({ status: 'canceled', deadline: null });
      expect(await rig.available(from)).toBe('100');
      await rig.untilClosed(gift);
    });

    test('of a gift that has settled is refused with the code', async () => {
      const gift = await give();
      await rig.sleep(DAY);
      await rig.until(gift, 'settled');
      await rig.untilClosed(gift);
      await expect(rig.act(gift, 'cancel')).rejects.toMatchObject({ code: 'already_settled' });
    });

    test('requested of the workflow itself cancels the gift, not just its process', async () => {
      const gift = await give();
      const handle = await opened(rig, gift);
      await handle.cancel();
      await rig.untilClosed(gift);
      expect((await handle.describe()).status.name).toBe('COMPLETED');
      expect(await rig.ledger.findGift(gift.id)).toMatchObject({
        status: 'canceled',
        reason: 'cancellation requested of the workflow',
      });
      expect(await rig.available(from)).toBe('100');
    });
  });

  describe('a hold', () => {
    test('stops the clock: after its release the rest of the 24 hours passes', async () => {
      const gift = await give();
      await rig.sleep(20 * HOUR);
      expect(await rig.act(gift, 'hold')).toMatchObject({ status: 'held', reason: 'because' });
      await rig.sleep(3 * DAY);
      const released = await rig.act(gift, 'release');
      expect(released.status).toBe('pending');
      expect(Date.parse(released.settles_at) - Date.parse(await rig.now())).toBeGreaterThan(3.9 * HOUR);
      await rig.sleep(4 * HOUR - 60_000);
      await moment();
      expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
      await rig.sleep(2 * 60_000);
      await rig.until(gift, 'settled');
    });

    test('ends by itself after 14 days, and what was left of the clock passes', async () => {
      const gift = await give();
      await rig.sleep(12 * HOUR);
      await rig.act(gift, 'hold');
      await rig.sleep(14 * DAY - 60_000);
      await moment();
      expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'held' });
      await rig.sleep(2 * 60_000);
      await rig.until(gift, 'pending');
      await rig.sleep(12 * HOUR);
      await rig.until(gift, 'settled');
    });

    test('of a held gift is refused, as is a release of one that is not held', async () => {
      const gift = await give();
      await expect(rig.act(gift, 'release')).rejects.toMatchObject({ code: 'not_held' });
      await rig.act(gift, 'hold');
      await expect(rig.act(gift, 'hold')).rejects.toMatchObject({ code: 'gift_held' });
      await rig.act(gift, 'reject');
    });
  });

  test('a rejection returns the credits and says why', async () => {
    const gift = await give();
    expect(await rig.act(gift, 'reject', { reason: 'stolen account' })).toMatchObject({
      status: 'rejected',
      reason: 'stolen account',
    });
    await rig.untilClosed(gift);
    expect(await rig.available(from)).toBe('100');
  });

  test('a reversal after settlement takes back what is left', async () => {
    const gift = await give();
    await rig.sleep(DAY);
    await rig.until(gift, 'settled');
    expect(await rig.act(gift, 'reverse')).toMatchObject({
      status: 'reversed',
      reversal: { recovered: '40', unrecovered: '0' },
    });
    expect(await rig.available(from)).toBe('100');
  });

  describe('an action sent twice with one key', () => {
    test('is done once, and the second answer is a recorded one', async () => {
      const gift = await give();
      const request = {
        key: newKey('hold'),
        gift_id: gift.id,
        action: 'hold' as const,
        at: '',
        reason: 'twice',
      };
      const at = await rig.now();
      const first = await rig.process.act({ ...request, at });
      const second = await rig.process.act({ ...request, at });
      expect(first.replayed).toBe(false);
      expect(second).toEqual({ value: first.value, replayed: true });
      await rig.act(gift, 'reject');
      expect(await rig.process.act({ ...request, at })).toEqual({ value: first.value, replayed: true });
    });

    test('at the same moment gives one first answer and equal others', async () => {
      const gift = await give();
      const request = {
        key: newKey('cancel'),
        gift_id: gift.id,
        action: 'cancel' as const,
        at: await rig.now(),
        reason: 'at once',
      };
      const answers = await Promise.all(Array.from({ length: 10 }, () => rig.process.act(request)));
      for (const { value } of answers) expect(value).toEqual(answers[0]?.value);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    });

    test('but with other input is a mismatch', async () => {
      const gift = await give();
      const key = newKey('hold');
      await rig.act(gift, 'hold', { key, reason: 'one' });
      await expect(rig.act(gift, 'hold', { key, reason: 'another' })).rejects.toMatchObject({
        code: 'idempotency_mismatch',
      });
      await expect(rig.act(gift, 'reject', { key })).rejects.toMatchObject({ code: 'idempotency_mismatch' });
      await rig.act(gift, 'reject');
    });

    test('answers a recorded refusal again', async () => {
      const gift = await give();
      const key = newKey('release');
      await expect(rig.act(gift, 'release', { key })).rejects.toMatchObject({
        code: 'not_held',
        replayed: false,
      });
      await rig.act(gift, 'hold');
      await expect(rig.act(gift, 'release', { key })).rejects.toMatchObject({
        code: 'not_held',
        replayed: true,
      });
      await rig.act(gift, 'reject');
    });
  });

  describe('an operator who sends an update from the Web UI', () => {
    test('needs no key, and the ledger notes who did it', async () => {
      const gift = await give();
      const handle = await opened(rig, gift);
      expect(await handle.executeUpdate('hold', { args: [{ reason: 'looks odd' }] })).toMatchObject({
        status: 'held',
      });
      expect(await handle.executeUpdate('release')).toMatchObject({ status: 'pending' });
      expect(await handle.executeUpdate('cancel', { args: [{}] })).toMatchObject({ status: 'canceled' });
      const rows = await rig.own.sql('SELECT operated_by FROM boon.gifts WHERE id = $1', [gift.id]);
      expect(rows).toEqual([{ operated_by: 'an operator through Temporal' }]);
    });

    test.each([
      [
        'hold',
        [],
        'reason must be a text of 1 to 500 characters; send hold an object such as {"reason":"why"}',
      ],
      ['hold', [{ reason: '' }], 'reason must be a text'],
      ['hold', ['stop it'], 'send hold an object'],
      ['hold', [{ reason: 'x', urgent: true }], 'urgent is not a field of hold'],
      ['cancel', [{ reason: 7 }], 'reason must be a text'],
      ['claim', [{ token: 'x' }], 'account_id must be a text'],
    ])('is told what %s needs when the input is %j', async (update, args, says) => {
      const gift = await give();
      const handle = await opened(rig, gift);
      const sent = handle.executeUpdate(update, { args: args as [] });
      await expect(sent).rejects.toMatchObject({
        cause: { type: 'validation_failed', nonRetryable: true, message: expect.stringContaining(says) },
      });
      await rig.act(gift, 'cancel');
    });
  });

  test('actions sent together take turns', async () => {
    const gift = await give();
    const results = await Promise.allSettled([
      rig.act(gift, 'hold'),
      rig.act(gift, 'release'),
      rig.act(gift, 'hold'),
      rig.act(gift, 'cancel'),
      rig.act(gift, 'reject'),
    ]);
    const ended = results.slice(3).filter(({ status }) => status === 'fulfilled');
    expect(ended).toHaveLength(1);
    expect(await rig.available(from)).toBe('100');
    await rig.untilClosed(gift);
  });
});
