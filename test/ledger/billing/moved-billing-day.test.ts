import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccountPut } from '../../../src/contracts/accounts/account.schema.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { grant } from '../../support/gifts.ts';
import { bought, CONSENT, hear, newPurchaseId } from '../../support/purchases.ts';
import { invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';
import { charge, seedOrganisation } from '../../support/usage.ts';

const PROGRAM = {
  opens_at: null,
  closes_at: null,
  plans: ['plus'],
  cohort: null,
  invites: 1000,
  prompts: 1,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '0' }, friend: { resets: 1, credits: '0' } },
  monthly_cap: 2,
  over_cap: 'forfeit',
  invite_valid_for: 'P60D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};

let own: TestLedger;
let people = 0;
let ada = '';
let org = '';
beforeAll(async () => {
  own = await openTestLedger({ ...BILLED, programs: { two: PROGRAM } } as object);
});
afterAll(() => own.close());
beforeEach(() => {
  people += 1;
  ada = `ada-${people}`;
  org = `org-${people}`;
});

/** What can be had twice a month: whose billing day it goes by, how it is set up, and how it is had; false: not any more. */
type Capped = {
  whose: () => string;
  plan: AccountPut['plan'];
  begin: () => Promise<unknown>;
  take: (at: string) => Promise<boolean>;
};

async function uses(at: string): Promise<boolean> {
  try {
    await charge(own.ledger, ada, { at });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'limit_reached' });
    return false;
  }
}
const pooled = async (put: Partial<AccountPut>, member: Partial<AccountPut> = {}) => {
  await seedOrganisation(own.ledger, org, [ada], put);
  await own.ledger.putAccount(ada, { plan: 'business', ...member }, START);
  await grant(own.ledger, org, '100');
};

const CAPPED: Record<string, Capped> = {
  'the cap of top-ups': {
    whose: () => ada,
    plan: 'plus',
    async begin() {
      await seedAccount(own.ledger, ada, { put: { billing_day: 1 } });
      await bought(own.ledger, ada, 'credits-100', { save_card: true });
      await own.ledger.putTopUp(ada, { ...CONSENT, below: '100000' }, 'ada', START);
    },
    async take(at) {
      const id = newPurchaseId();
      if ((await own.ledger.beginTopUp(ada, id, at)) === undefined) return false;
      await hear(own.ledger, { id }, { said: 'paid', payment_id: `pi_${id}`, at });
      return true;
    },
  },
  'an account’s spending limit': {
    whose: () => ada,
    plan: 'plus',
    begin: () =>
      seedAccount(own.ledger, ada, { credits: '100', put: { billing_day: 1, spending_limit: '2' } }),
    take: uses,
  },
  'an organisation’s spending limit': {
    whose: () => org,
    plan: 'business',
    begin: () => pooled({ spending_limit: '2' }),
    take: uses,
  },
  'a member’s limit on the pool': {
    whose: () => org,
    plan: 'business',
    begin: () => pooled({}, { pool_limit: '2' }),
    take: uses,
  },
  'the ceiling of an invoice': {
    whose: () => org,
    plan: 'business',
    begin: () => seedInvoiced(own.ledger, org, [ada], { invoice_ceiling: '2' }),
    take: uses,
  },
  'the cap of rewards': {
    whose: () => ada,
    plan: 'plus',
    begin: () => seedAccount(own.ledger, ada, { put: { billing_day: 1 } }),
    async take(at) {
      people += 1;
      const referral = await invite(own.ledger, ada, { at, program: 'two' });
      await newFriend(own.ledger, `friend-${people}`, at);
      await join(own.ledger, referral, `friend-${people}`, at);
      await prompt(own.ledger, `friend-${people}`, at);
      return (await own.ledger.rewardReferral(referral.id, at)).status === 'rewarded';
    },
  },
};

describe.each(Object.entries(CAPPED))('%s', (_name, { whose, plan, begin, take }) => {
  const move = (billing_day: number, at: string) => own.ledger.putAccount(whose(), { plan, billing_day }, at);
  /** That it can be had twice from a moment on, and not a third time. */
  async function expectTwice(at: string): Promise<void> {
    expect([at, await take(at), await take(at), await take(at)]).toEqual([at, true, true, false]);
  }
  async function expectNone(at: string): Promise<void> {
    expect([at, await take(at)]).toEqual([at, false]);
  }

  test('does not begin anew when the billing day moves, and when it moves back', async () => {
    await begin();
    await expectTwice(START);
    await move(11, '2026-03-10T13:00:00.000Z');
    await expectNone('2026-03-11T00:00:00.000Z');
    await expectNone('2026-03-31T23:59:59.999Z');
    await expectTwice('2026-04-01T00:00:00.000Z');
    await expectNone('2026-04-11T00:00:00.000Z');
    await move(1, '2026-04-12T00:00:00.000Z');
    await expectNone('2026-05-01T00:00:00.000Z');
    await expectNone('2026-05-10T23:59:59.999Z');
    await expectTwice('2026-05-11T00:00:00.000Z');
    await expectNone('2026-06-30T23:59:59.999Z');
    await expectTwice('2026-07-01T00:00:00.000Z');
  });

  test('does not begin anew when the billing day moves there and back within a month', async () => {
    await begin();
    await expectTwice(START);
    for (const day of [9, 10, 11, 1]) {
      await move(day, START);
      await expectNone(START);
    }
    await expectNone('2026-03-31T23:59:59.999Z');
    await expectTwice('2026-04-01T00:00:00.000Z');
    await expectNone('2026-04-30T23:59:59.999Z');
    await expectTwice('2026-05-01T00:00:00.000Z');
  });
});
