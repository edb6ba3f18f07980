import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Gift, giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { GIFT_PROCESSES, type GiftProcesses } from '../../src/domain/gift-processes.ts';
import { inMode, settleTogether } from '../support/gift-modes.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified } from '../support/test-ledger.ts';

/** How many gifts race in one test; each at another offset from its deadline. */
const RACES = 24;

let whole: GiftRig;
let rig: GiftRig;
beforeAll(async () => {
  whole = await giftRig(await devNamespace(), {
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
  rig = whole;
  await rig.seed('ada', '1000');
  await rig.seed('bob');
});
afterEach(() => expectVerified(whole.ledger));
afterAll(() => whole.close());

/**
 * Runs an action on each gift around its deadline. The first acts when time has ended it, and the last given at once,
 * seconds before its deadline, however slow the machine is: so both ends are always seen. Those between race.
 */
async function aroundDeadline<T>(gifts: Gift[], action: (gift: Gift) => Promise<T>) {
  return await Promise.allSettled(
    gifts.map(async (gift, index) => {
      const offset = 150 - (index / RACES) * 300;
      if (index === 0) await expect.poll(() => isOpen(gift), { timeout: 60_000 }).toBe(false);
      else if (index < RACES - 1) await pause(Date.parse(gift.deadline ?? '') - Date.now() + offset);
      return await action(gift);
    }),
  );
}

const isOpen = async ({ id }: Gift) => (await rig.ledger.findGift(id)).deadline !== null;

async function ends(gifts: Gift[], statuses: string[]): Promise<Gift[]> {
  for (const gift of gifts) await rig.untilClosed(gift);
  const found = await Promise.all(gifts.map((gift) => rig.ledger.findGift(gift.id)));
  for (const { status } of found) expect(statuses).toContain(status);
  return found;
}

const codeOf = (result: PromiseSettledResult<unknown> | undefined) =>
  result?.status === 'rejected' ? result.reason.code : 'done';

/** Where gifts have no processes, runs of the schedule settle them all the while. */
async function settlingMeanwhile<T>(processes: GiftProcesses, work: () => Promise<T>): Promise<T> {
  let over = processes === 'each';
  const runs = (async () => {
    while (!over) {
      await settleTogether(rig);
      await pause(50);
    }
  })();
  try {
    return await work();
  } finally {
    over = true;
    await runs;
  }
}

describe.each(GIFT_PROCESSES)('with `%s`', (processes) => {
  beforeAll(() => {
    rig = inMode(whole, processes);
  });

  test('two settlements of one gift at once move the credits once', async () => {
    const before = Number(await rig.available('bob'));
    const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '7' });
    await pause(Date.parse(gift.deadline ?? '') - Date.now());
    const at = new Date().toISOString();
    await Promise.all([
      ...Array.from({ length: 10 }, () => rig.ledger.advanceGift(gift.id, at)),
      ...Array.from({ length: 10 }, () => rig.ledger.advanceGifts([gift.id, gift.id], at)),
      ...Array.from({ length: 5 }, () => rig.ledger.advanceGiftPage([gift.id, gift.id], at)),
      ...Array.from({ length: 3 }, () => settleTogether(rig)),
      rig.client.workflow
        .getHandle(giftWorkflowId(gift.id))
        .executeUpdate('refresh')
        .catch(() => undefined),
    ]);
    await rig.untilClosed(gift);
    expect(Number(await rig.available('bob'))).toBe(before + 7);
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
    const answers = await settlingMeanwhile(processes, () =>
      aroundDeadline(gifts, (gift) => rig.act(gift, 'cancel')),
    );
    const found = await ends(gifts, ['settled', 'canceled']);
    const told = answers.map((answer) => (codeOf(answer) === 'done' ? 'canceled' : 'settled'));
    expect(found.map(({ status }) => status)).toEqual(told);
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['done', 'already_settled']));
    const settled = found.filter(({ status }) => status === 'settled').length;
    expect(Number(await rig.available('ada'))).toBe(before - settled);
  });

  test('a hold and the settlement of one moment: one of them, and the answer says which', async () => {
    const before = Number(await rig.available('ada'));
    const gifts: Gift[] = [];
    for (let count = 0; count < RACES; count += 1)
      gifts.push(await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '1' }));
    const answers = await settlingMeanwhile(processes, () =>
      aroundDeadline(gifts, (gift) => rig.act(gift, 'hold')),
    );
    const found = await Promise.all(
      gifts.map((gift, index) => rig.until(gift, codeOf(answers[index]) === 'done' ? 'held' : 'settled')),
    );
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['done', 'already_settled']));
    for (const gift of found) if (gift.status === 'held') await rig.act(gift, 'reject');
    for (const gift of found) await rig.untilClosed(gift);
    const settled = found.filter(({ status }) => status === 'settled').length;
    expect(Number(await rig.available('ada'))).toBe(before - settled);
  });
});

test('a claim that races the end of the offer: one of them, and the answer says which', async () => {
  rig = whole;
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
