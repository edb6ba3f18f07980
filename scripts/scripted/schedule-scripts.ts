/** Scripts of the workflows that schedules start: `reconcile`, `expiry` and `settlement`. */
import type { DutyReport, StuckDuty } from '../../src/contracts/stuck-item.ts';
import { inTurn, never, refused, type Script, slowly } from './script.ts';

const BEFORE = '2026-06-11T09:00:00.000Z';

const done = (what: StuckDuty, more: Partial<DutyReport> = {}) => ({
  [what]: { done: 1, failed: 0, oldest: null, ...more },
});
const counted = (what: StuckDuty, more: Partial<DutyReport> = {}) => ({
  count: 1,
  duties: done(what, more),
});

const RECONCILED = {
  startMissingGifts: { checked: 1, started: 1, duties: done('gift_starts') },
  startLostGifts: { walked: 1, started: 1, duties: done('lost_gifts') },
  advanceOverdueGifts: counted('gift_ends'),
  sweepReferrals: { started: 1, ended: 0, due: 0, paid: 0, duties: done('referrals') },
  sweepPurchases: { started: 1, topped_up: 0, refunds_started: 0, duties: done('purchases') },
  sealBlocks: counted('sealing'),
  wakeCampaigns: counted('campaigns'),
  startMissingCycles: counted('billing_cycles'),
};
/** As the activities of earlier versions answered: numbers, and nothing of duties. */
const EARLIER = {
  startMissingGifts: { checked: 1, started: 1 },
  advanceOverdueGifts: 1,
  sweepReferrals: { started: 1, ended: 0, due: 0, paid: 0 },
  sweepPurchases: { started: 1, topped_up: 0, refunds_started: 0 },
  sealBlocks: 1,
  wakeCampaigns: 1,
  startMissingCycles: 1,
};
const REPORT = {
  checked: 1,
  started: 1,
  swept_to: BEFORE,
  referrals_swept_to: BEFORE,
  purchases_swept_to: BEFORE,
  walked_to: 'page-2',
};

const EXPIRED = {
  expireDueLots: { lots_expired: 1, credits_expired: '5', duties: done('lots') },
  expireInvitations: counted('invitations'),
  sweepResets: { resets_redeemed: 0, resets_expired: 1, resets_returned: 0, duties: done('reset_expiries') },
  tendUsage: { usage_months_dropped: 0, duties: done('usage_months') },
  remindOfResets: { reminders_sent: 0, reminders_failed: 0, duties: done('reset_reminders') },
  remindOfCredits: {
    credit_reminders_sent: 0,
    credit_reminders_failed: 0,
    duties: done('credit_reminders'),
  },
  deliverLetters: { letters_sent: 1, letters_failed: 0, letters_given_up: 0, duties: done('letters') },
};

const reconcile = (id: string, more: Partial<Script> = {}): Script => ({
  type: 'reconcile',
  id: `reconcile-${id}`,
  answers: RECONCILED,
  ...more,
});
const expiry = (id: string, more: Partial<Script> = {}): Script => ({
  type: 'expiry',
  id: `expiry-${id}`,
  answers: EXPIRED,
  ...more,
});
const settlement = (id: string, more: Partial<Script> = {}): Script => ({
  type: 'settlement',
  id: `settlement-${id}`,
  answers: {
    settleDueGifts: { settled: 1, failed: 0, oldest_due: null, duties: done('settlements') },
  },
  ...more,
});
const nothing = (answers: object) =>
  Object.fromEntries([...Object.keys(answers), 'noteStuckDuties'].map((name) => [name, refused('internal')]));

/** Made anew for each recording: their times count from now. */
export const scheduleScripts = (): Record<string, Script> => ({
  'reconcile-after-another': reconcile('after', {
    answers: {
      ...RECONCILED,
      startLostGifts: { walked: 1, started: 0, cursor: 'page-3', duties: done('lost_gifts') },
    },
    last: { result: REPORT },
  }),
  'reconcile-after-a-failed-one': reconcile('after-failed', {
    last: { result: REPORT, failure: { ...REPORT, swept_to: '2026-06-11T09:05:00.000Z' } },
  }),
  'reconcile-after-an-earlier-version': reconcile('after-earlier', {
    last: { result: { checked: 1, started: 1, swept_to: BEFORE } },
  }),
  'reconcile-with-failures': reconcile('failures', {
    answers: {
      ...RECONCILED,
      startMissingGifts: {
        checked: 2,
        started: 1,
        duties: done('gift_starts', { failed: 1, oldest: BEFORE }),
      },
    },
  }),
  'reconcile-that-does-nothing': reconcile('nothing', { answers: nothing(RECONCILED) }),
  'reconcile-canceled-while-it-notes': reconcile('canceled-noting', {
    answers: {
      ...RECONCILED,
      startMissingGifts: refused('internal'),
      noteStuckDuties: slowly(1_500, null),
    },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled', 2);
      await handle.cancel();
    },
  }),
  'reconcile-that-hangs': reconcile('hangs', {
    skipsTime: true,
    answers: { ...RECONCILED, sealBlocks: never(), noteStuckDuties: null },
    async meanwhile({ handle, until, pass }) {
      await until('activityTaskScheduled', 6);
      for (let tries = 0; (await handle.describe()).status.name === 'RUNNING' && tries < 10; tries += 1) {
        await pass(61_000);
      }
    },
  }),
  'reconcile-that-does-nothing-after-another': reconcile('nothing-after', {
    answers: { ...nothing(RECONCILED), noteStuckDuties: null },
    last: { result: REPORT },
  }),
  'reconcile-in-two-runs': reconcile('long', {
    answers: {
      ...RECONCILED,
      startMissingGifts: inTurn(
        ...Array.from({ length: 20 }, (_, at) => ({
          ...RECONCILED.startMissingGifts,
          cursor: `after-${at}`,
        })),
        RECONCILED.startMissingGifts,
      ),
    },
    lastRunToo: true,
  }),
  'reconcile-canceled': reconcile('canceled', {
    answers: { ...RECONCILED, startMissingGifts: slowly(1_500, RECONCILED.startMissingGifts) },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled');
      await handle.cancel();
    },
  }),
  'reconcile-of-earlier-versions': reconcile('earlier', { answers: EARLIER, unpatched: true }),
  'reconcile-of-earlier-versions-failed': reconcile('earlier-failed', {
    answers: nothing(EARLIER),
    unpatched: true,
  }),
  'settlement-in-parts': settlement('parts', { args: [{ parts: 2 }] }),
  'settlement-with-failures': settlement('failures', {
    answers: {
      settleDueGifts: {
        settled: 1,
        failed: 1,
        oldest_due: BEFORE,
        duties: done('settlements', { failed: 1, oldest: BEFORE }),
      },
    },
  }),
  'settlement-that-does-nothing': settlement('nothing', { answers: nothing({ settleDueGifts: 0 }) }),
  'expiry-with-duties': expiry('duties'),
  'expiry-that-does-nothing': expiry('nothing', { answers: nothing(EXPIRED) }),
});
