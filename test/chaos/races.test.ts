import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified } from '../support/test-ledger.ts';

/** How many gifts race in one test; each at another offset from its deadline. */
const RACES = 24;

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), {
    policy: {
      gifts: {
        settlement: 'PT6S',
        claim_window: 'PT6S',
        limits: { per_day: { count: 1000 }, per_month: { count: 1000 } },
        screening: {
          velocity: { verdict: 'allow' },
          fan_in: { verdict: 'allow' },
          fan_out: { verdict: 'allow' },
        },
      },
    },
  });
  await rig.seed('ada', '1000');
  await rig.seed('bob');
});
afterEach(() => expectVerified(rig.ledger));
afterAll(() => rig.close());

/**
 * Runs an action on each gift around its deadline. The first acts after it and the last given at once, seconds before
 * it, however slow the machine is: so both ends are always seen. Those between race.
 */
async function aroundDeadline<T>(gifts: Gift[], action: (gift: Gift) => Promise<T>) {
  return await Promise.allSettled(
    gifts.map(async (gift, index) => {
      const offset = index === 0 ? 200 : 150 - (index / RACES) * 300;
      if (index < RACES - 1) await pause(Date.parse(gift.deadline ?? '') - Date.now() + offset);
      return await action(gift);
    }),
  );
}

async function ends(gifts: Gift[], statuses: string[]): Promise<Gift[]> {
  for (const gift of gifts) await rig.untilClosed(gift);
  const found = await Promise.all(gifts.map((gift) => rig.ledger.findGift(gift.id)));
  for (const { status } of found) expect(statuses).toContain(status);
  return found;
}

const codeOf = (result: PromiseSettledResult<unknown>) =>
  result.status === 'fulfilled' ? 'done' : result.reason.code;

test('two settlements of one gift at once move the credits once', async () => {
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '7' });
  await pause(Date.parse(gift.deadline ?? '') - Date.now());
  const at = new Date().toISOString();
  await Promise.all([
    ...Array.from({ length: 10 }, () => rig.ledger.advanceGift(gift.id, at)),
    ...Array.from({ length: 10 }, () => rig.ledger.advanceGifts([gift.id, gift.id], at)),
    rig.client.workflow
      .getHandle(`gift/${gift.id}`)
      .executeUpdate('refresh')
      .catch(() => undefined),
  ]);
  await rig.untilClosed(gift);
  expect(await rig.available('bob')).toBe('7');
  const told = await rig.own.sql(
    `SELECT count(*)::int FROM boon.events WHERE subject = $1 AND type = 'gift.settled'`,
    [gift.id],
  );
  expect(told).toEqual([{ count: 1 }]);
});

test('a cancellation that races the settlement: one of them, and the answer says which', async () => {
  const before = Number(await rig.available('ada'));
  const gifts: Gift[] = [];
  for (let count = 0; count < RACES; count += 1) {
    gifts.push(await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '1' }));
  }
  const answers = await aroundDeadline(gifts, (gift) => rig.act(gift, 'cancel'));
  const found = await ends(gifts, ['settled', 'canceled']);
  const told = answers.map((answer) => (codeOf(answer) === 'done' ? 'canceled' : 'settled'));
  expect(found.map(({ status }) => status)).toEqual(told);
  expect(new Set(answers.map(codeOf))).toEqual(new Set(['done', 'already_settled']));
  const settled = found.filter(({ status }) => status === 'settled').length;
  expect(Number(await rig.available('ada'))).toBe(before - settled);
});

test('a claim that races the end of the offer: one of them, and the answer says which', async () => {
  const before = Number(await rig.available('ada'));
  const gifts: Gift[] = [];
  for (let count = 0; count < RACES; count += 1) {
    gifts.push(await rig.give({ from: 'ada', to: { email: `bob-${count}@example.com` }, amount: '1' }));
  }
  const addresses = await rig.ledger.giftAddresses(gifts.map(({ id }) => id));
  const answers = await aroundDeadline(gifts, (gift) =>
    rig.act(gift, 'claim', { token: addresses.get(gift.id)?.token, account_id: 'bob' }),
  );
  const found = await ends(gifts, ['settled', 'expired']);
  const told = answers.map((answer) => (codeOf(answer) === 'done' ? 'settled' : 'expired'));
  expect(found.map(({ status }) => status)).toEqual(told);
  expect(new Set(answers.map(codeOf))).toEqual(new Set(['done', 'claim_expired']));
  const settled = found.filter(({ status }) => status === 'settled').length;
  expect(Number(await rig.available('ada'))).toBe(before - settled);
});
