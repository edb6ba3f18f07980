import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHIPPED_POLICY } from '../../../src/domain/shipped-policy.ts';
import { act, claim, give } from '../../support/gifts.ts';
import { bought, hear } from '../../support/purchases.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { askRefund, hearOfRefund } from '../../support/refunds.ts';
import { bankedCount, redeem, sweep, use } from '../../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
let people = 0;
beforeAll(async () => {
  const rewards = { referrer: { resets: 2, credits: '0' }, friend: { resets: 0, credits: '0' } };
  const program = { ...SHIPPED_POLICY.programs['codex-selective'], cohort: null, prompts: 1, rewards };
  own = await openTestLedger({
    resets: { complimentary_plans: [] },
    gifts: { screening: { fan_in: { verdict: 'allow' }, velocity: { verdict: 'allow' } } },
    programs: { 'codex-selective': program },
  } as object);
});
afterAll(() => own.close());

async function person(): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `person-${people}`);
  return `person-${people}`;
}
async function giveOne(from: string, to: string, at = START) {
  const { data: resets } = await own.ledger.listResets(from, at);
  const reset = resets.find(({ status }) => status === 'available');
  return await give(own.ledger, from, to, { amount: '0', reset_id: reset?.id, at });
}
const banked = (id: string, at = START) => bankedCount(own.ledger, id, at);
const refunded = (amount: number, at = START) => ({ said: 'refunded', amount, at }) as const;
const later_ = (by: Parameters<typeof later>[1]) => later(START, by);

/** Of a bundle of five, where one reset is; how many can be taken then, and how many come back when the money does. */
const ONE_IS: [string, (ada: string) => Promise<unknown>, { taken: number; back: number }][] = [
  ['in the bank', async () => undefined, { taken: 5, back: 5 }],
  ['held in an open gift', async (ada) => giveOne(ada, await person()), { taken: 5, back: 5 }],
  ['held in a gift by mail', async (ada) => giveOne(ada, `${ada}@example.com`), { taken: 5, back: 5 }],
  [
    'held in a gift that an operator holds',
    async (ada) => {
      await act(own.ledger, await giveOne(ada, await person()), 'hold', START);
    },
    { taken: 5, back: 5 },
  ],
  [
    'back from a gift that was canceled',
    async (ada) => {
      await act(own.ledger, await giveOne(ada, await person()), 'cancel', START);
    },
    { taken: 5, back: 5 },
  ],
  [
    'used',
    async (ada) => {
      await use(own.ledger, ada, '1');
      await redeem(own.ledger, ada);
    },
    { taken: 4, back: 4 },
  ],
  [
    'given and settled',
    async (ada) => {
      const bob = await person();
      const gift = await giveOne(ada, bob, later_({ days: -1 }));
      await own.ledger.advanceGift(gift.id, START);
      expect(await banked(bob)).toBe(1);
    },
    { taken: 4, back: 4 },
  ],
];

describe.each(ONE_IS)('of five bought resets of which one is %s', (_name, happens, { taken, back }) => {
  test('a refund of all takes the others and it, if it is there; and gives back what it took', async () => {
    const ada = await person();
    const bundle = await bought(own.ledger, ada, 'reset-5', { at: later_({ days: -2 }) });
    await happens(ada);
    const dispute = { said: 'disputed', dispute_id: `dp_${ada}`, amount: 2000 } as const;
    expect(await hear(own.ledger, bundle, { ...dispute, status: 'open' })).toMatchObject({
      status: 'refunded',
      taken_back: { resets: taken },
    });
    expect(await banked(ada)).toBe(0);
    await hear(own.ledger, bundle, { ...dispute, status: 'won' });
    expect(await banked(ada)).toBe(back);
    // Once more, of what came back.
    await hear(own.ledger, bundle, refunded(2000));
    expect(await banked(ada)).toBe(0);
  });
});

test('a reset that expires at the moment of the refund is not there any more, a millisecond before it is', async () => {
  for (const [ms, resets] of [
    [-1, 1],
    [0, 0],
  ] as const) {
    const ada = await person();
    const purchase = await bought(own.ledger, ada, 'reset-1');
    const [reset] = (await own.ledger.listResets(ada, START)).data;
    const at = later(reset?.expires_at ?? '', { ms });
    expect(await hear(own.ledger, purchase, refunded(500, at))).toMatchObject({ taken_back: { resets } });
    await sweep(own.ledger, later(at, { ms: 1 }));
  }
});

describe('a gift of a reset whose money went back', () => {
  test('is the newest one, and of two of one moment the one with the greater id', async () => {
    const ada = await person();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    const [first, second] = [await giveOne(ada, await person()), await giveOne(ada, await person())];
    const statuses = async () => [
      (await own.ledger.findGift(first.id))?.status,
      (await own.ledger.findGift(second.id))?.status,
    ];
    expect(first.id < second.id).toBe(true);
    await hear(own.ledger, bundle, refunded(1600));
    expect(await statuses()).toEqual(['pending', 'rejected']);
  });

  test('is the newest one, also where that has the smaller id', async () => {
    const ada = await person();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    const newer = await giveOne(ada, await person(), later_({ ms: 1 }));
    const older = await giveOne(ada, await person());
    expect(newer.id < older.id).toBe(true);
    await hear(own.ledger, bundle, refunded(1600, later_({ ms: 2 })));
    expect((await own.ledger.findGift(newer.id))?.status).toBe('rejected');
    expect((await own.ledger.findGift(older.id))?.status).toBe('pending');
  });

  test('ends for that reason, and both sides are told', async () => {
    const [ada, bob] = [await person(), await person()];
    const purchase = await bought(own.ledger, ada, 'reset-1');
    const gift = await giveOne(ada, bob);
    await hear(own.ledger, purchase, refunded(500));
    expect(await own.ledger.findGift(gift.id)).toMatchObject({
      status: 'rejected',
      reason_code: 'funding_refunded',
      deadline: null,
    });
    const [event] = await own.sql(
      `SELECT accounts FROM boon.events WHERE type = 'gift.rejected' AND subject = $1`,
      [gift.id],
    );
    expect(event).toEqual({ accounts: [ada, bob] });
    expect(await own.ledger.advanceGift(gift.id, later_({ days: 1 }))).toMatchObject({ status: 'rejected' });
    expect(await banked(ada)).toBe(0);
    expect(await banked(bob, later_({ days: 1 }))).toBe(0);
    // Its place in the day's limit is free again.
    expect((await own.ledger.gifting(ada, START)).per_day.used.count).toBe(0);
  });

  test('is among those that ended so since a moment, the newest first, and no other is', async () => {
    const ada = await person();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    const newer = await giveOne(ada, await person(), later_({ ms: 1 }));
    const older = await giveOne(ada, await person());
    const canceled = await giveOne(ada, await person());
    await act(own.ledger, canceled, 'cancel', later_({ ms: 2 }));
    const at = later_({ hours: 1 });
    await hear(own.ledger, bundle, refunded(2000, at));
    const ended = (since: string, limit = 10) => own.ledger.refundedGifts(ada, since, limit);
    expect(await ended(at)).toEqual([newer.id, older.id]);
    expect(await ended(at, 1)).toEqual([newer.id]);
    expect(await ended(later(at, { ms: 1 }))).toEqual([]);
  });

  test('cannot be claimed any more', async () => {
    const ada = await person();
    const purchase = await bought(own.ledger, ada, 'reset-1');
    const gift = await giveOne(ada, 'somebody@example.com');
    const { token } = await own.ledger.giftAddress(gift.id);
    await hear(own.ledger, purchase, refunded(500));
    const claims = act(own.ledger, gift, 'claim', START, {
      token,
      account_id: await person(),
      reason: undefined,
    });
    await expect(claims).rejects.toMatchObject({ code: 'claim_invalid' });
  });
});

describe('a bought reset that comes back after it was used', () => {
  /** Redeemed within a day before the weekly window ends by itself; it comes back at that end. */
  async function usedShortlyBefore(): Promise<{
    ada: string;
    purchase: { id: string };
    usedAt: string;
    end: string;
  }> {
    const ada = await person();
    await use(own.ledger, ada, '1');
    const usedAt = later_({ days: 6, hours: 12 });
    const purchase = await bought(own.ledger, ada, 'reset-1', { at: later_({ days: 6 }) });
    await redeem(own.ledger, ada, { at: usedAt });
    return { ada, purchase, usedAt, end: later_({ days: 7 }) };
  }

  test('is taken by a refund after that', async () => {
    const { ada, purchase, end } = await usedShortlyBefore();
    await sweep(own.ledger, end);
    expect(await banked(ada, end)).toBe(1);
    expect(await hear(own.ledger, purchase, refunded(500, end))).toMatchObject({ taken_back: { resets: 1 } });
    expect(await banked(ada, end)).toBe(0);
  });

  test('does not come back after its refund', async () => {
    const { ada, purchase, usedAt, end } = await usedShortlyBefore();
    expect(await hear(own.ledger, purchase, refunded(500, usedAt))).toMatchObject({
      taken_back: { resets: 0 },
    });
    await sweep(own.ledger, end);
    expect(await banked(ada, end)).toBe(0);
    expect(await own.ledger.findPurchase(purchase.id)).toMatchObject({ taken_back: { resets: 1 } });
  });

  test('ends a gift of it', async () => {
    const { ada, purchase, end } = await usedShortlyBefore();
    await sweep(own.ledger, end);
    const gift = await giveOne(ada, `${ada}@example.com`, end).catch(() => undefined);
    // It is valid for a day only where its expiry is near; this one has a month.
    expect(gift).toMatchObject({ status: 'awaiting_claim' });
    await hear(own.ledger, purchase, refunded(500, end));
    expect(await own.ledger.findGift(gift?.id ?? '')).toMatchObject({ reason_code: 'funding_refunded' });
  });
});

test('a reset that was given and comes back because it was of no use still stays with its owner', async () => {
  const [ada, bob] = [await person(), await person()];
  await bought(own.ledger, ada, 'reset-1');
  await own.ledger.advanceGift((await giveOne(ada, bob)).id, later_({ days: 1 }));
  await use(own.ledger, bob, '1', later_({ days: 1 }));
  await redeem(own.ledger, bob, { at: later_({ days: 7, hours: 12 }) });
  const end = later_({ days: 8 });
  await sweep(own.ledger, end);
  expect(await banked(bob, end)).toBe(1);
  await expect(giveOne(bob, await person(), end)).rejects.toMatchObject({
    code: 'not_giftable',
    reasonCode: 'reset_gifted',
  });
});

describe('money for a part of a reset', () => {
  test.each([
    ['one cent', 1, 1, 4],
    ['a cent less than one reset', 399, 1, 4],
    ['exactly one reset', 400, 1, 4],
    ['a cent more than one reset', 401, 2, 3],
    ['a cent less than all', 1999, 5, 0],
    ['all', 2000, 5, 0],
  ])('takes the whole reset: %s', async (_name, amount, taken, left) => {
    const ada = await person();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    expect(await askRefund(own.ledger, bundle, { amount })).toMatchObject({ taken_back: { resets: taken } });
    expect(await banked(ada)).toBe(left);
  });

  test('of one reset that is used is refused, and no part is offered', async () => {
    const ada = await person();
    const purchase = await bought(own.ledger, ada, 'reset-1');
    await use(own.ledger, ada, '1');
    await redeem(own.ledger, ada);
    for (const amount of [1, 499, 500]) {
      await expect(askRefund(own.ledger, purchase, { amount })).rejects.toMatchObject({
        code: 'already_spent',
        errors: [{ path: 'amount.amount', message: 'needs include_spent true' }],
      });
    }
  });

  test('comes back whole when the refund fails, as good as it was', async () => {
    const ada = await person();
    const bundle = await bought(own.ledger, ada, 'reset-5');
    const [first] = (await own.ledger.listResets(ada, START)).data;
    const at = later_({ days: 3 });
    const refund = await askRefund(own.ledger, bundle, { amount: 401, at });
    await hearOfRefund(own.ledger, refund, 'failed', { at });
    const available = (await own.ledger.listResets(ada, at)).data.filter(
      ({ status }) => status === 'available',
    );
    expect(available).toHaveLength(5);
    for (const reset of available) expect(reset.expires_at).toBe(first?.expires_at);
  });
});

describe('resets of a reward that is taken back', () => {
  async function rewarded(at = START) {
    const ada = await person();
    const friend = `friend-of-${ada}`;
    await newFriend(own.ledger, friend, at);
    const referral = await invite(own.ledger, ada, { at });
    await join(own.ledger, referral, friend, at);
    await prompt(own.ledger, friend, at);
    await own.ledger.rewardReferral(referral.id, at);
    const takeBack = (when: string) =>
      actOn(own.ledger, referral, 'claw_back', when, { reason: 'fraud', by: 'olga' });
    return { ada, takeBack };
  }

  test('are taken out of open gifts, which end', async () => {
    const { ada, takeBack } = await rewarded();
    const gift = await giveOne(ada, await person());
    expect(await takeBack(START)).toMatchObject({ rewards: [{ taken_back: { resets: 2 } }] });
    expect(await own.ledger.findGift(gift.id)).toMatchObject({
      status: 'rejected',
      reason_code: 'funding_refunded',
    });
    expect(await banked(ada)).toBe(0);
  });

  test('do not come back when they were used shortly before the end of the week', async () => {
    const at = later_({ days: 6 });
    const { ada, takeBack } = await rewarded(at);
    await use(own.ledger, ada, '1', START);
    await redeem(own.ledger, ada, { at: later_({ days: 6, hours: 12 }) });
    expect(await takeBack(later_({ days: 6, hours: 13 }))).toMatchObject({
      rewards: [{ taken_back: { resets: 1 } }],
    });
    await sweep(own.ledger, later_({ days: 7 }));
    expect(await banked(ada, later_({ days: 7 }))).toBe(0);
  });
});

test('a claim of a gift by mail, and a refund of its reset: the reset is the recipient’s only when it settles', async () => {
  const [ada, bob] = [await person(), await person()];
  const purchase = await bought(own.ledger, ada, 'reset-1');
  const gift = await giveOne(ada, `${bob}@example.com`);
  await claim(own.ledger, gift, bob, START);
  await hear(own.ledger, purchase, refunded(500));
  expect(await own.ledger.findGift(gift.id)).toMatchObject({
    status: 'rejected',
    reason_code: 'funding_refunded',
  });
});
