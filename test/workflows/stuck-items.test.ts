import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billingActivities } from '../../src/activities/billing/billing.ts';
import { campaignActivities } from '../../src/activities/campaigns/campaigns.ts';
import { expiryActivities } from '../../src/activities/expiry.ts';
import { lostGiftActivities } from '../../src/activities/gifts/gift-starts.ts';
import { settlementActivities } from '../../src/activities/gifts/settlement.ts';
import { letterActivities } from '../../src/activities/letters.ts';
import { purchaseActivities } from '../../src/activities/purchases/purchase.ts';
import { purchaseMailActivities } from '../../src/activities/purchases/purchase-mail.ts';
import { reconcileActivities } from '../../src/activities/reconcile.ts';
import { referralSweepActivities } from '../../src/activities/referrals/referral-sweep.ts';
import { resetMailActivities } from '../../src/activities/resets/reset-mail.ts';
import { resetActivities } from '../../src/activities/resets/resets.ts';
import { usageActivities } from '../../src/activities/usage/usage.ts';
import type { Payments } from '../../src/contracts/purchases/payments.ts';
import { rewardWindowWorkflowId } from '../../src/contracts/referrals/referral.ts';
import type { DutyReport, DutyReports, StuckDuty } from '../../src/contracts/stuck-item.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { seedInvoiced } from '../support/billing.ts';
import { createCampaign } from '../support/campaigns.ts';
import { give } from '../support/gifts.ts';
import { type Poison, poisoning } from '../support/poison.ts';
import { bought, buy, CONSENT } from '../support/purchases.ts';
import '../support/quiet-sdk.ts';
import { invite, join, newFriend, prompt } from '../support/referrals.ts';
import { askRefund } from '../support/refunds.ts';
import { bank, redeem, use } from '../support/resets.ts';
import {
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';

const PROGRAM = {
  opens_at: null,
  closes_at: null,
  plans: ['plus'],
  cohort: null,
  invites: 1000,
  prompts: 1,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '0' }, friend: { resets: 0, credits: '2' } },
  monthly_cap: 100,
  over_cap: 'forfeit',
  invite_valid_for: 'P60D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};
/** Five neighbours, of which one is poisoned. */
const COUNT = 5;
const at = (by: Parameters<typeof later>[1], from = START) => later(from, by);

let own: TestLedger;
let ledger: Ledger;
let poison: Poison;
let people = 0;
/** Workflows that were started, and addresses that were written to. */
let reached: string[] = [];

beforeAll(async () => {
  own = await openTestLedger({
    programs: { simple: PROGRAM } as object,
    plans: { business: { five_hour: '0', weekly: '0' } },
    gifts: { screening: { velocity: { verdict: 'allow' } }, limits: { per_day: { count: 1000 } } },
  });
  ledger = own.ledger;
  poison = await poisoning(own);
});
afterAll(() => own.close());

const reach = async (id: string): Promise<true> => {
  if (poison.has(id)) throw new Error('it cannot be reached');
  reached.push(id);
  return true;
};
/** Months whose process has closed; told once. */
const closedWindows: string[] = [];
const runs = {
  async *closed() {
    yield [];
  },
  running: async () => new Set<string>(),
  lost: async () => new Set<string>(),
  refresh: async () => undefined,
  restart: ({ id }: { id: string }) => reach(id),
  tell: async () => undefined,
  start: async ({ account_id, month }: { account_id: string; month: string }) => {
    await reach(`${account_id}/${month}`);
  },
};
const windowRuns = {
  ...runs,
  async *closed() {
    yield closedWindows.splice(0).map((workflowId) => ({ workflowId }));
  },
};
const mail = {
  transport: { sendMail: async ({ to }: { to: string }) => void (await reach(to)) } as never,
  from: 'Boon <boon@boon.example>',
  publicUrl: 'https://boon.example',
};
const payments = {} as Payments;

/** The duties on a ledger, some of whose methods may be broken. */
function sweeps(on: Ledger, moment: string) {
  const before = moment;
  const gifts = reconcileActivities(on, runs);
  const referrals = referralSweepActivities(on, runs, windowRuns);
  const purchases = purchaseActivities({ ledger: on, runs, refundRuns: runs, payments });
  const campaigns = campaignActivities({
    ledger: on,
    runs,
    process: { wake: async ({ id }) => void (await reach(id)) },
  });
  const sweepGifts = () =>
    gifts.startMissingGifts({ after: undefined, before, cursor: undefined, at: moment });
  const sweepReferrals = () => referrals.sweepReferrals({ since: undefined, before, at: moment });
  const sweepPurchases = () => purchases.sweepPurchases({ before, at: moment });
  const sweepResets = () => resetActivities(on).sweepResets(moment);
  return {
    gift_starts: sweepGifts,
    lost_gifts: () =>
      lostGiftActivities(on, runs).startLostGifts({ cursor: undefined, before, since: START, at: moment }),
    gift_ends: () => gifts.advanceOverdueGifts({ before, at: moment }),
    settlements: () => settlementActivities(on, runs).settleDueGifts({ at: moment, part: 0, of: 1 }),
    referrals: sweepReferrals,
    rewards: sweepReferrals,
    reward_windows: sweepReferrals,
    purchases: sweepPurchases,
    refunds: sweepPurchases,
    top_ups: sweepPurchases,
    sealing: () => gifts.sealBlocks(moment),
    campaigns: () => campaigns.wakeCampaigns(moment),
    billing_cycles: () =>
      billingActivities({ ledger: on, runs, payments: undefined, ...mail }).startMissingCycles(moment),
    lots: () => expiryActivities(on).expireDueLots(moment),
    invitations: () => referrals.expireInvitations(moment),
    redemptions: sweepResets,
    reset_expiries: sweepResets,
    reset_returns: sweepResets,
    usage_months: () => usageActivities(on).tendUsage(moment),
    letters: () => letterActivities({ ledger: on, ...mail }).deliverLetters(moment),
    reset_reminders: () => resetMailActivities({ ledger: on, ...mail }).remindOfResets(moment),
    credit_reminders: () => purchaseMailActivities({ ledger: on, ...mail }).remindOfCredits(moment),
  } as Record<StuckDuty, () => Promise<{ duties: DutyReports }>>;
}

async function run(what: StuckDuty, moment: string, on: Ledger = ledger): Promise<DutyReport> {
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const { duties } = (await environment.run(async () => await sweeps(on, moment)[what]())) as {
    duties: DutyReports;
  };
  const report = duties[what];
  if (report === undefined) throw new Error(`${what} tells nothing`);
  return report;
}

async function person(put: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  await seedAccount(ledger, id, { ...put, put: { email: `${id}@example.com`, ...put.put } });
  return id;
}
const many = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: COUNT }, make));
const pending = async () =>
  (await give(ledger, await person({ credits: '10' }), await person(), { amount: '1' })).id;
const idOf = async (row: Promise<{ id: string }>) => (await row).id;
const invitation = () => person().then((id) => idOf(invite(ledger, id, { program: 'simple' })));
const inStatus = (table: string, ids: string[], status: string) =>
  own
    .sql(`SELECT id::text FROM boon.${table} WHERE id::text = ANY ($1) AND status::text = $2`, [ids, status])
    .then((rows) => rows.map(({ id }) => String(id)));

type Case = {
  /** What is due at `due`: their ids, as the duty names them, and as poison knows them. */
  arrange: () => Promise<{ item: string; poisoned: string }[]>;
  due: string;
  /** Those that are done. */
  done: (items: string[], poisoned: string[]) => Promise<string[]>;
};
const same = (ids: string[]) => ids.map((id) => ({ item: id, poisoned: id }));
const wasReached = async (_items: string[], poisoned: string[]) =>
  poisoned.filter((id) => reached.includes(id));

const CASES: Partial<Record<StuckDuty, Case>> = {
  gift_starts: { arrange: async () => same(await many(pending)), due: at({ minutes: 5 }), done: wasReached },
  lost_gifts: { arrange: async () => same(await many(pending)), due: at({ minutes: 5 }), done: wasReached },
  gift_ends: {
    arrange: async () => same(await many(pending)),
    due: at({ hours: 25 }),
    done: (ids) => inStatus('gifts', ids, 'settled'),
  },
  settlements: {
    arrange: async () => same(await many(pending)),
    due: at({ hours: 24 }),
    done: (ids) => inStatus('gifts', ids, 'settled'),
  },
  referrals: { arrange: async () => same(await many(invitation)), due: at({ minutes: 5 }), done: wasReached },
  rewards: {
    async arrange() {
      return same(
        await many(async () => {
          const referral = await invite(ledger, await person(), { program: 'simple' });
          people += 1;
          const friend = `friend-${people}`;
          await newFriend(ledger, friend, START);
          await join(ledger, referral, friend, START);
          await prompt(ledger, friend, START);
          return referral.id;
        }),
      );
    },
    due: at({ minutes: 20 }),
    done: (ids) => inStatus('referrals', ids, 'rewarded'),
  },
  reward_windows: {
    async arrange() {
      return same(
        await many(async () => {
          const account_id = await person();
          const { month } = await ledger.rewardWindow(account_id, 'simple', START);
          const raise = { account_id, program: 'simple', month, cap: 101, reason: 'more', by: 'mia' };
          await ledger.raiseCap({ key: newKey('raise'), at: START, ...raise });
          closedWindows.push(rewardWindowWorkflowId(account_id, month));
          return `${account_id}/${month}`;
        }),
      );
    },
    due: at({ minutes: 5 }),
    done: wasReached,
  },
  purchases: {
    arrange: async () => same(await many(async () => idOf(buy(ledger, await person())))),
    due: at({ minutes: 5 }),
    done: wasReached,
  },
  refunds: {
    arrange: async () =>
      same(await many(async () => idOf(askRefund(ledger, await bought(ledger, await person()))))),
    due: at({ minutes: 5 }),
    done: wasReached,
  },
  top_ups: {
    async arrange() {
      return same(
        await many(async () => {
          const id = await person();
          await bought(ledger, id, 'reset-1', { save_card: true });
          await ledger.putTopUp(id, CONSENT, 'user', START);
          return id;
        }),
      );
    },
    due: at({ minutes: 5 }),
    done: async (ids) =>
      (
        await own.sql(
          "SELECT account_id FROM boon.purchases WHERE kind = 'top_up' AND account_id = ANY ($1)",
          [ids],
        )
      ).map(({ account_id }) => String(account_id)),
  },
  campaigns: {
    arrange: async () => same(await many(() => idOf(createCampaign(ledger)))),
    due: at({ minutes: 5 }),
    done: wasReached,
  },
  billing_cycles: {
    async arrange() {
      return same(
        await many(async () => {
          people += 1;
          const org = `firm-${people}`;
          await seedInvoiced(ledger, org, [`member-of-${org}`]);
          await charge(ledger, `member-of-${org}`, { units: '3' });
          return `${org}/2026-03-01`;
        }),
      );
    },
    due: at({ minutes: 5 }),
    done: wasReached,
  },
  lots: {
    async arrange() {
      return same(
        await many(async () => {
          const lot = await ledger.grant({
            key: newKey('grant'),
            at: START,
            account_id: await person(),
            amount: '5',
            source: 'promotional',
            expires_at: at({ days: 1 }),
            giftable: true,
            reason: 'test',
          });
          return lot.value.id;
        }),
      );
    },
    due: at({ days: 2 }),
    done: async (ids) =>
      (
        await own.sql('SELECT id::text FROM boon.lots WHERE id::text = ANY ($1) AND remaining = 0', [ids])
      ).map(({ id }) => String(id)),
  },
  invitations: {
    arrange: async () => same(await many(invitation)),
    due: at({ days: 61 }),
    done: (ids) => inStatus('referrals', ids, 'expired'),
  },
  redemptions: {
    async arrange() {
      return same(
        await many(async () => {
          const id = await person({ put: { auto_redeem: true } });
          const [reset] = await bank(ledger, id, { at: at({ days: 1 }) });
          await use(ledger, id, '3', at({ days: 30 }));
          return reset.id;
        }),
      );
    },
    due: at({ days: 31, minutes: -9 }),
    done: (ids) => inStatus('resets', ids, 'redeemed'),
  },
  reset_expiries: {
    async arrange() {
      return same(
        await many(async () => (await bank(ledger, await person(), { at: at({ days: 40 }) }))[0].id),
      );
    },
    due: at({ days: 71 }),
    done: (ids) => inStatus('resets', ids, 'expired'),
  },
  reset_returns: {
    async arrange() {
      return same(
        await many(async () => {
          const id = await person();
          const begun = at({ days: 100 });
          const [reset] = await bank(ledger, id, { at: begun });
          await use(ledger, id, '3', begun);
          await redeem(ledger, id, { at: at({ days: 106, hours: 12 }) });
          return reset.id;
        }),
      );
    },
    due: at({ days: 108 }),
    done: async (ids) =>
      (
        await own.sql('SELECT from_reset::text AS id FROM boon.resets WHERE from_reset::text = ANY ($1)', [
          ids,
        ])
      ).map(({ id }) => String(id)),
  },
  letters: {
    async arrange() {
      return await many(async () => {
        const id = await person();
        const purchase = await bought(ledger, id, 'credits-100', { at: at({ days: 600 }) });
        return { item: `purchase/${purchase.id}`, poisoned: `${id}@example.com` };
      });
    },
    due: at({ days: 600, hours: 1 }),
    done: wasReached,
  },
  reset_reminders: {
    async arrange() {
      return await many(async () => {
        const id = await person();
        const [reset] = await bank(ledger, id, { at: at({ days: 200 }) });
        return { item: `${reset.id}/7 days`, poisoned: `${id}@example.com` };
      });
    },
    due: at({ days: 223, hours: 1 }),
    done: wasReached,
  },
  credit_reminders: {
    async arrange() {
      return await many(async () => {
        const id = await person();
        const purchase = await bought(ledger, id, 'credits-100', { at: at({ days: 300 }) });
        const [lot] = await own.sql('SELECT lot_id::text AS id FROM boon.purchases WHERE id = $1', [
          purchase.id,
        ]);
        return { item: `${lot?.id}/30 days`, poisoned: `${id}@example.com` };
      });
    },
    due: later('2027-01-04T12:00:00.000Z', { days: 335, hours: 1 }),
    done: wasReached,
  },
};
const stuck = async (what: StuckDuty) => (await ledger.listStuckItems({ what }, { limit: 100 })).data;

describe.each(Object.entries(CASES) as [StuckDuty, Case][])(
  'one poisoned item of %s',
  (what, { arrange, due, done }) => {
    test('is put aside, shown, left out until its next try, and forgotten when it succeeds', async () => {
      reached = [];
      const all = await arrange();
      const [bad] = all;
      if (bad === undefined) throw new Error('nothing is due');
      await poison.add(bad.poisoned);
      const items = all.map(({ item }) => item);
      const others = all.slice(1);
      const namesOf = (rows: typeof all) =>
        rows.map(({ item, poisoned }) => (done === wasReached ? poisoned : item));
      const doneNow = async () =>
        (
          await done(
            items,
            all.map(({ poisoned }) => poisoned),
          )
        ).sort();

      expect(await run(what, due)).toMatchObject({ failed: 1, oldest: due });
      expect(await doneNow()).toEqual(namesOf(others).sort());
      expect(await stuck(what)).toMatchObject([
        {
          what,
          item: bad.item,
          since: due,
          tried_at: due,
          tries: 1,
          next_try_at: later(due, { minutes: 1 }),
        },
      ]);
      // Not yet due again: nothing fails, and it is still told of.
      expect(await run(what, later(due, { seconds: 30 }))).toMatchObject({ failed: 0, oldest: due });
      const again = later(due, { minutes: 1 });
      expect(await run(what, again)).toMatchObject({ failed: 1, oldest: due });
      expect(await stuck(what)).toMatchObject([
        { since: due, tries: 2, next_try_at: later(again, { minutes: 2 }) },
      ]);

      await poison.remove(bad.poisoned);
      const healed = later(again, { minutes: 2 });
      expect(await run(what, healed)).toMatchObject({ failed: 0, oldest: null });
      expect(await doneNow()).toEqual(namesOf(all).sort());
      expect(await stuck(what)).toEqual([]);
    });
  },
);

const QUERIES: Record<StuckDuty, keyof Ledger> = {
  gift_starts: 'openGifts',
  lost_gifts: 'openGifts',
  gift_ends: 'overdueGifts',
  settlements: 'dueGifts',
  referrals: 'openReferrals',
  rewards: 'dueRewards',
  reward_windows: 'openWindows',
  purchases: 'openPurchases',
  refunds: 'pendingRefunds',
  top_ups: 'dueTopUps',
  sealing: 'sealBlocks',
  campaigns: 'openCampaigns',
  billing_cycles: 'unfinishedBillingMonths',
  lots: 'expireLots',
  invitations: 'expireReferrals',
  redemptions: 'redeemExpiringResets',
  reset_expiries: 'expireResets',
  reset_returns: 'returnDueResets',
  usage_months: 'tendUsage',
  letters: 'dueLetters',
  reset_reminders: 'dueReminders',
  credit_reminders: 'dueCreditReminders',
};

test.each(Object.entries(QUERIES) as [StuckDuty, keyof Ledger][])(
  'a query of %s that fails altogether is told, and those beside it run',
  async (what, query) => {
    const moment = at({ days: 900 });
    const broken = {
      ...ledger,
      [query]: async () => {
        throw new Error('column "x" does not exist');
      },
    };
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const { duties } = (await environment.run(async () => await sweeps(broken, moment)[what]())) as {
      duties: DutyReports;
    };
    expect(duties[what]).toMatchObject({ error: 'column "x" does not exist' });
    for (const [other, report] of Object.entries(duties)) {
      if (other !== what) expect(report).not.toHaveProperty('error');
    }
    expect(await stuck(what)).toMatchObject([
      {
        what,
        item: '*',
        since: moment,
        tries: 1,
        next_try_at: moment,
        last_error: 'column "x" does not exist',
      },
    ]);
    const next = later(moment, { minutes: 1 });
    expect(await run(what, next)).not.toHaveProperty('error');
    expect(await stuck(what)).toEqual([]);
  },
);
