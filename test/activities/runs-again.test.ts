/** The duties of `expiry` and `reconcile`, which hear of nothing but the time: too soon, when due, twice, at once, and with an older time after it. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expiryActivities } from '../../src/activities/expiry.ts';
import { reconcileActivities } from '../../src/activities/reconcile.ts';
import { referralSweepActivities } from '../../src/activities/referrals/referral-sweep.ts';
import { resetActivities } from '../../src/activities/resets/resets.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { readState } from '../model/ledger-state.ts';
import '../support/quiet-sdk.ts';
import { dormantFriend, invite, join, prompt } from '../support/referrals.ts';
import { bank } from '../support/resets.ts';
import {
  expectVerified,
  later,
  newGiftId,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
beforeAll(async () => {
  own = await openTestLedger({ programs: { 'codex-selective': { cohort: null } } });
  ledger = own.ledger;
});
afterAll(async () => {
  await expectVerified(ledger);
  await own.close();
});

/** Nothing runs in Temporal, and nothing can be started or told there. */
const runs = {
  async *closed() {},
  running: async () => new Set<string>(),
  tell: async () => undefined,
  refresh: async () => undefined,
  restart: async () => true,
  start: async () => undefined,
};
type Duty = {
  /** Makes it due for accounts of this name; answers when. */
  prepare: (name: string) => Promise<string>;
  /** Does it; answers how much there was. */
  run: (at: string) => Promise<number>;
  /** How much is told of it. */
  events: number;
};
const ran = async <T>(work: () => Promise<T>): Promise<T> =>
  (await new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work)) as T;
const referrals = () => referralSweepActivities(ledger, runs as never, runs as never);

async function invited(name: string): Promise<{ id: string; expires_at: string }> {
  await seedAccount(ledger, name);
  return await invite(ledger, name);
}

const DUTIES: Record<string, Duty> = {
  'the expiry of credits': {
    async prepare(name) {
      const expires_at = later(START, { days: 30 });
      await seedAccount(ledger, name, { credits: '5', expires_at });
      return expires_at;
    },
    run: (at) => ran(async () => (await expiryActivities(ledger).expireDueLots(at)).lots_expired),
    events: 1,
  },
  'the expiry of a reset': {
    async prepare(name) {
      await seedAccount(ledger, name);
      return (await bank(ledger, name))[0].expires_at;
    },
    run: (at) => ran(async () => (await resetActivities(ledger).sweepResets(at)).resets_expired),
    events: 1,
  },
  'the end of an invitation': {
    prepare: async (name) => (await invited(name)).expires_at,
    run: (at) => ran(async () => (await referrals().expireInvitations(at)).count),
    events: 1,
  },
  'the end of a gift whose process is gone': {
    async prepare(name) {
      await seedAccount(ledger, name, { credits: '10' });
      await seedAccount(ledger, `${name}-friend`);
      const gift = {
        key: newKey('gift'),
        id: newGiftId(),
        at: START,
        from: name,
        amount: '5',
        message: null,
      };
      const to = { account_id: `${name}-friend` };
      const { value } = await ledger.acceptGift({ ...gift, to, funding: 'transfer' });
      return later(`${value.deadline}`, { minutes: 10, ms: 1 });
    },
    run: (at) =>
      ran(async () => {
        const due = { before: later(at, { minutes: -10 }), at };
        return (await reconcileActivities(ledger, runs as never).advanceOverdueGifts(due)).count;
      }),
    events: 1,
  },
  'a reward whose process is gone': {
    async prepare(name) {
      const referral = await invited(name);
      await dormantFriend(ledger, `${name}-friend`, '2025-01-01T00:00:00.000Z');
      await join(ledger, referral, `${name}-friend`, START);
      for (let times = 0; times < 3; times += 1) await prompt(ledger, `${name}-friend`, START);
      return later(START, { minutes: 1 });
    },
    run: (at) =>
      ran(async () => {
        const times = { since: START, before: later(at, { minutes: -1 }), at };
        return (await referrals().sweepReferrals(times)).paid;
      }),
    events: 2,
  },
  'a seal': {
    async prepare(name) {
      await seedAccount(ledger, name, { credits: '1' });
      return START;
    },
    run: (at) => ran(async () => (await reconcileActivities(ledger, runs as never).sealBlocks(at)).count),
    events: 0,
  },
};

/** What was told of an account since a moment, each as often as it was. */
async function told(name: string, since: string): Promise<string[]> {
  const text = `SELECT type FROM boon.events WHERE accounts @> ARRAY[$1] AND effective_at >= $2 ORDER BY 1`;
  return (await own.sql(text, [name, since])).map(({ type }) => `${type}`);
}

test.each(Object.entries(DUTIES))(
  '%s is done once, however many runs do it and in which order',
  async (what, duty) => {
    await duty.run(later(START, { days: 400 }));
    const name = `one-${Object.keys(DUTIES).indexOf(what)}`;
    const at = await duty.prepare(name);
    if (what !== 'a seal') expect(await duty.run(later(at, { ms: -1 })), 'too soon').toBe(0);
    const before = (await told(name, START)).length;
    const together = await Promise.all([duty.run(at), duty.run(at)]);
    expect(Math.max(...together)).toBe(1);
    const after = await told(name, START);
    expect(after.length - before, after.join()).toBe(duty.events);
    const { digest } = await readState(own);
    for (const again of [at, later(at, { hours: -1 }), later(at, { minutes: 1 })])
      expect(await duty.run(again), again).toBe(0);
    expect((await readState(own)).digest).toBe(digest);
    expect(await told(name, START)).toEqual(after);
  },
);
