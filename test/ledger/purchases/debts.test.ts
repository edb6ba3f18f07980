import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHIPPED_POLICY } from '../../../src/domain/shipped-policy.ts';
import { createCampaign, runToItsEnd } from '../../support/campaigns.ts';
import { act, claim, give, grant } from '../../support/gifts.ts';
import { bought, hear } from '../../support/purchases.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { askRefund, hearOfRefund } from '../../support/refunds.ts';
import { later, openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';
import { ONE_CREDIT_PLAN, owe, person, spend } from '../../support/value-back.ts';

let own: TestLedger;
beforeAll(async () => {
  const rewards = { referrer: { resets: 0, credits: '60' }, friend: { resets: 0, credits: '0' } };
  const program = {
    ...SHIPPED_POLICY.programs['codex-selective'],
    cohort: null,
    plans: ['free'],
    prompts: 1,
    rewards,
  };
  own = await openTestLedger({ ...ONE_CREDIT_PLAN, programs: { 'codex-selective': program } } as object);
});
afterAll(() => own.close());

const balance = (id: string, at = START) => own.ledger.balance(id, at);
const tomorrow = later(START, { days: 1 });

/** Each brings an account 60 credits; what it needs is made ready before the account is in debt. */
const BRINGS: [string, (id: string) => Promise<() => Promise<unknown>>][] = [
  ['a grant', async (id) => () => grant(own.ledger, id, '60')],
  [
    'a grant of promotional credits that expire',
    async (id) => {
      const terms = {
        source: 'promotional' as const,
        giftable: false,
        expires_at: tomorrow,
        products: ['codex'],
      };
      return () => grant(own.ledger, id, '60', terms);
    },
  ],
  [
    'a campaign',
    async (id) => {
      await own.ledger.putAccount(id, { plan: 'free', cohorts: [`only-${id}`] }, START);
      return async () => {
        const filter = { cohorts: [`only-${id}`] };
        const terms = { kind: 'grant_credits', amount: '60', valid_for: 'P30D', filter } as const;
        const { id: campaign } = await createCampaign(own.ledger, terms);
        await runToItsEnd(own.ledger, campaign);
      };
    },
  ],
  [
    'a reward',
    async (id) => {
      const friend = await person(own.ledger);
      await newFriend(own.ledger, `new-${friend}`, START);
      const referral = await invite(own.ledger, id);
      await join(own.ledger, referral, `new-${friend}`, START);
      await prompt(own.ledger, `new-${friend}`, START);
      return () => own.ledger.rewardReferral(referral.id, START);
    },
  ],
  [
    'a gift that settles',
    async (id) => {
      const giver = await person(own.ledger);
      await grant(own.ledger, giver, '60');
      const gift = await give(own.ledger, giver, id, { amount: '60' });
      return () => own.ledger.advanceGift(gift.id, tomorrow);
    },
  ],
  [
    'a gift that is claimed late and settles at once',
    async (id) => {
      const giver = await person(own.ledger);
      await grant(own.ledger, giver, '60');
      const gift = await give(own.ledger, giver, `${id}@example.com`, { amount: '60' });
      return async () => {
        await claim(own.ledger, gift, id, tomorrow);
        await own.ledger.advanceGift(gift.id, tomorrow);
      };
    },
  ],
  [
    'a gift that is canceled',
    async (id) => {
      await grant(own.ledger, id, '60');
      const gift = await give(own.ledger, id, await person(own.ledger), { amount: '60' });
      return () => act(own.ledger, gift, 'cancel', START);
    },
  ],
  [
    'a gift that an operator rejects',
    async (id) => {
      await grant(own.ledger, id, '60');
      const gift = await give(own.ledger, id, await person(own.ledger), { amount: '60' });
      return () => act(own.ledger, gift, 'reject', START);
    },
  ],
  [
    'a gift that nobody claims',
    async (id) => {
      await grant(own.ledger, id, '60');
      const gift = await give(own.ledger, id, `nobody-${id}@example.com`, { amount: '60' });
      return () => own.ledger.advanceGift(gift.id, later(START, { days: 14 }));
    },
  ],
  [
    'a gift whose recipient is gone',
    async (id) => {
      await grant(own.ledger, id, '60');
      const friend = await person(own.ledger);
      const gift = await give(own.ledger, id, friend, { amount: '60' });
      await own.ledger.putAccount(friend, { plan: 'free', status: 'closed' }, START);
      return () => own.ledger.advanceGift(gift.id, tomorrow);
    },
  ],
  [
    'a gift that is reversed',
    async (id) => {
      await grant(own.ledger, id, '60');
      const gift = await give(own.ledger, id, await person(own.ledger), { amount: '60' });
      await own.ledger.advanceGift(gift.id, tomorrow);
      return () => act(own.ledger, gift, 'reverse', tomorrow);
    },
  ],
  [
    'a dispute that is won',
    async (id) => {
      const purchase = await bought(own.ledger, id);
      const dispute = { said: 'disputed', dispute_id: `dp_${id}`, amount: 240 } as const;
      await hear(own.ledger, purchase, { ...dispute, status: 'open' });
      await spend(own.ledger, id, 40);
      return () => hear(own.ledger, purchase, { ...dispute, status: 'won' });
    },
  ],
  [
    'a refund that fails',
    async (id) => {
      const purchase = await bought(own.ledger, id);
      const refund = await askRefund(own.ledger, purchase, { amount: 240 });
      await spend(own.ledger, id, 40);
      return () => hearOfRefund(own.ledger, refund, 'failed');
    },
  ],
];

describe.each(BRINGS)('%s of 60 credits', (_name, ready) => {
  test.each([
    ['pays a debt of 100 in part', 100, '0', '40'],
    ['pays a debt of 60', 60, '0', '0'],
    ['pays a debt of 25 and leaves the rest', 25, '35', '0'],
  ])('%s, and what it paid comes back when the debt proves wrong', async (_what, owed, available, debt) => {
    const id = await person(own.ledger);
    const brings = await ready(id);
    // The debt is of a dispute, which may be won. What was brought before is kept out of its way by its expiry.
    const purchase = await bought(own.ledger, id);
    await spend(own.ledger, id, owed);
    const dispute = { said: 'disputed', dispute_id: `dp_${purchase.id}`, amount: owed * 4 } as const;
    await hear(own.ledger, purchase, { said: 'refunded', amount: 400 - owed * 4 });
    await hear(own.ledger, purchase, { ...dispute, status: 'open' });
    expect(await balance(id)).toMatchObject({ available: '0', debt: `${owed}` });
    await brings();
    expect(await balance(id)).toMatchObject({ available, debt });
    const { data } = await own.ledger.statement(id, { limit: 1 });
    expect(data).toMatchObject([{ kind: 'debt_paid', amount: `-${Math.min(owed, 60)}` }]);
    await hear(own.ledger, purchase, { ...dispute, status: 'won' });
    expect(await balance(id)).toMatchObject({ available: '60', debt: '0' });
  });
});

test('debts of two purchases are paid by one, and each gets its part back from it', async () => {
  const id = await person(own.ledger);
  const purchases = [await bought(own.ledger, id), await bought(own.ledger, id)];
  await spend(own.ledger, id, 200);
  const dispute = (n: number, status: 'open' | 'won') =>
    hear(own.ledger, purchases[n] as { id: string }, {
      said: 'disputed',
      dispute_id: `dp_two_${n}`,
      amount: 400,
      status,
    });
  await dispute(0, 'open');
  await dispute(1, 'open');
  await bought(own.ledger, id);
  expect(await balance(id)).toMatchObject({ available: '0', debt: '100' });
  await dispute(0, 'won');
  expect(await balance(id)).toMatchObject({ available: '0', debt: '0' });
  await dispute(1, 'won');
  expect(await balance(id)).toMatchObject({
    available: '100',
    debt: '0',
    lots: [{ source: 'purchased', granted: '100' }],
  });
});

test.each([
  ['the first of them', 0, '40', '60'],
  ['the second of them', 1, '60', '40'],
])(
  'a debt of two refunds is paid by one grant, and when %s fails, its own part comes back',
  async (_which, failing, first, second) => {
    const id = await person(own.ledger);
    const purchase = await bought(own.ledger, id);
    await spend(own.ledger, id, 100);
    const refunds = [
      await askRefund(own.ledger, purchase, { amount: 160, include_spent: true }),
      await askRefund(own.ledger, purchase, { amount: 240, include_spent: true }),
    ] as const;
    await grant(own.ledger, id, '100');
    expect(await balance(id)).toMatchObject({ available: '0', debt: '0' });
    await hearOfRefund(own.ledger, refunds[failing] as { id: string }, 'failed');
    expect(await balance(id)).toMatchObject({ available: first, debt: '0' });
    await hearOfRefund(own.ledger, refunds[1 - failing] as { id: string }, 'failed');
    expect(await balance(id)).toMatchObject({ available: '100', debt: '0' });
    const { data } = await own.ledger.statement(id, { limit: 2 });
    expect(data).toMatchObject([
      { kind: 'restored', amount: second },
      { kind: 'restored', amount: first },
    ]);
  },
);

test('what paid a debt and has expired meanwhile comes back for the time of grace, with its own terms', async () => {
  const id = await person(own.ledger);
  const purchase = await bought(own.ledger, id);
  await spend(own.ledger, id, 100);
  const dispute = { said: 'disputed', dispute_id: `dp_${id}`, amount: 400 } as const;
  await hear(own.ledger, purchase, { ...dispute, status: 'open' });
  const terms = { source: 'earned' as const, giftable: false, products: ['codex'], expires_at: tomorrow };
  await grant(own.ledger, id, '120', terms);
  const at = later(START, { days: 3 });
  await hear(own.ledger, purchase, { ...dispute, status: 'won', at });
  expect((await balance(id, at)).lots).toMatchObject([
    {
      source: 'earned',
      giftable: false,
      products: ['codex'],
      remaining: '100',
      expires_at: later(at, { days: 7 }),
    },
  ]);
});

test.each([
  ['a millisecond before its lot expires', -1],
  ['just as its lot expires', 0],
  ['a day after its lot expired', 24 * 3_600_000],
])('what a dispute took and gives back %s is good for the time of grace', async (_when, ms) => {
  const id = await person(own.ledger);
  const purchase = await bought(own.ledger, id);
  const dispute = { said: 'disputed', dispute_id: `dp_${id}`, amount: 200 } as const;
  await hear(own.ledger, purchase, { ...dispute, status: 'open' });
  const [lot] = (await balance(id)).lots;
  const end = lot?.expires_at ?? '';
  const at = later(end, { ms });
  await hear(own.ledger, purchase, { ...dispute, status: 'won', at });
  expect((await balance(id, at)).lots).toMatchObject([
    ...(ms < 0 ? [{ remaining: '50', expires_at: end }] : []),
    { remaining: '50', expires_at: later(at, { days: 7 }) },
  ]);
});

describe('a reward that is taken back', () => {
  async function rewarded(): Promise<{ id: string; takeBack: () => Promise<unknown> }> {
    const id = await person(own.ledger);
    const friend = `friend-of-${id}`;
    await newFriend(own.ledger, friend, START);
    const referral = await invite(own.ledger, id);
    await join(own.ledger, referral, friend, START);
    await prompt(own.ledger, friend, START);
    await own.ledger.rewardReferral(referral.id, START);
    return {
      id,
      takeBack: () => actOn(own.ledger, referral, 'claw_back', START, { reason: 'fraud', by: 'olga' }),
    };
  }

  test('and was spent in part is owed for that part, which the next credits pay', async () => {
    const { id, takeBack } = await rewarded();
    await spend(own.ledger, id, 25);
    expect(await takeBack()).toMatchObject({
      detail: expect.stringContaining('35 of 60 credits; 25 credits are owed'),
      rewards: [{ taken_back: { credits: '35' } }],
    });
    expect(await balance(id)).toMatchObject({ available: '0', debt: '25' });
    await grant(own.ledger, id, '60');
    expect(await balance(id)).toMatchObject({ available: '35', debt: '0' });
  });

  test('and had paid a debt is owed instead of that', async () => {
    const { id, takeBack } = await rewarded();
    await spend(own.ledger, id, 60);
    await owe(own.ledger, id, 60);
    await takeBack();
    expect(await balance(id)).toMatchObject({ available: '0', debt: '120' });
  });
});
