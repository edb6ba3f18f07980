/** Resets that were of no use and came back: their time, their last day, and what they keep of where they came from. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reset } from '../../../src/contracts/resets/reset.schema.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createCampaign, runToItsEnd } from '../../support/campaigns.ts';
import { give, refusal } from '../../support/gifts.ts';
import { bank, redeem, sweep, use } from '../../support/resets.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
beforeAll(async () => {
  own = await openTestLedger();
  ledger = own.ledger;
});
afterAll(() => own.close());

type By = Parameters<typeof later>[1];
/** When the reset expires that each of them has, banked at START. */
const T = later(START, { days: 30 });
const at = (by: By) => later(T, by);

let people = 0;
async function person(): Promise<string> {
  people += 1;
  const name = `returned-${people}`;
  await seedAccount(ledger, name, { put: { email: `${name}@example.com` } });
  return name;
}
/** Who redeems a reset an hour before it expires, and whose week ends by itself at `end`. */
async function whoRedeemed(end: string, banks = byHand): Promise<string> {
  const name = await person();
  await banks(name);
  await use(ledger, name, '3', later(end, { days: -7 }));
  await redeem(ledger, name, { at: at({ hours: -1 }) });
  return name;
}
const byHand = async (name: string): Promise<void> => {
  await bank(ledger, name, { program: 'outage' });
};
async function byCampaign(name: string): Promise<void> {
  const { id } = await createCampaign(ledger, { accounts: [name] });
  await runToItsEnd(ledger, id);
}
async function byGift(name: string): Promise<void> {
  const donor = await person();
  const [reset] = await bank(ledger, donor);
  const gift = await give(ledger, donor, name, { amount: '0', reset_id: reset.id });
  await ledger.advanceGifts([gift.id], later(START, { days: 1 }));
}
const returned = async (name: string, moment = T): Promise<Reset | undefined> =>
  (await ledger.listResets(name, moment)).data.find(({ source }) => source === 'return');
const remindersOf = async (name: string, moment: string) =>
  (await ledger.dueReminders(moment, 1000)).due
    .filter(({ account_id }) => account_id === name)
    .map(({ before, expires_at }) => [before, expires_at]);

describe('a reset that comes back when its own time is over', () => {
  test.each<[string, By, By]>([
    ['at the end of the window', {}, { hours: 24 }],
    ['a millisecond later', { ms: 1 }, { hours: 24, ms: 1 }],
    ['three hours later', { hours: 3 }, { hours: 27 }],
    ['a day later', { hours: 24 }, { hours: 48 }],
    ['three days later', { days: 3 }, { days: 4 }],
  ])('and that is posted %s is good for 24 hours from then', async (_when, posted, until) => {
    const name = await whoRedeemed(T);
    await sweep(ledger, at(posted));
    expect(await returned(name, at(posted))).toMatchObject({
      status: 'available',
      program: null,
      granted_at: T,
      expires_at: at(until),
    });
    await use(ledger, name, '2', at(posted));
    const last = later(at(until), { ms: -1 });
    expect(await redeem(ledger, name, { at: last, dry_run: true })).toMatchObject({ outcome: 'reset' });
    await sweep(ledger, at(until));
    expect(await returned(name, at(until))).toMatchObject({ status: 'expired' });
  });

  test('keeps its own expiry where that is later than those 24 hours', async () => {
    const name = await person();
    await bank(ledger, name);
    const end = at({ hours: -26 });
    await use(ledger, name, '3', later(end, { days: -7 }));
    await redeem(ledger, name, { at: later(end, { hours: -1 }) });
    await sweep(ledger, later(end, { hours: 1 }));
    expect(await returned(name, end)).toMatchObject({ granted_at: end, expires_at: T });
  });

  test('is good for as long as its policy says', async () => {
    await ledger.usePolicy(policyWith({ resets: { return_within: 'PT6H' } }), START);
    const name = await whoRedeemed(T);
    await ledger.usePolicy(policyWith(), START);
    await sweep(ledger, at({ hours: 2 }));
    expect(await returned(name, at({ hours: 2 }))).toMatchObject({ expires_at: at({ hours: 8 }) });
  });
});

describe('the reminder of the last day', () => {
  test('is due at once for one that came back for exactly a day, and once', async () => {
    const name = await whoRedeemed(T);
    await sweep(ledger, T);
    const due = (await ledger.dueReminders(T, 1000)).due.filter(({ account_id }) => account_id === name);
    expect(due).toMatchObject([{ before: '1 day', expires_at: at({ days: 1 }) }]);
    expect(await remindersOf(name, at({ days: 1, ms: -1 }))).toHaveLength(1);
    expect(await remindersOf(name, at({ days: 1 }))).toEqual([]);
    for (const reminder of due) await ledger.noteReminder(reminder, 'sent', T);
    expect(await remindersOf(name, at({ hours: 1 }))).toEqual([]);
  });

  test('is due a day before the end of one that was posted late', async () => {
    const name = await whoRedeemed(T);
    await sweep(ledger, at({ hours: 3 }));
    expect(await remindersOf(name, at({ hours: 3, ms: -1 }))).toEqual([]);
    expect(await remindersOf(name, at({ hours: 3 }))).toEqual([['1 day', at({ hours: 27 })]]);
  });

  test('is due at once for one that is good for less than a day, by the shortest that it has missed', async () => {
    const resets = { return_within: 'PT6H', reminders: ['P7D', 'P1D', 'PT12H', 'PT2H'] };
    await ledger.usePolicy(policyWith({ resets }), START);
    const name = await whoRedeemed(T);
    await ledger.usePolicy(policyWith(), START);
    await sweep(ledger, T);
    expect(await remindersOf(name, T)).toEqual([['12:00:00', at({ hours: 6 })]]);
    expect(await remindersOf(name, at({ hours: 4, ms: -1 }))).toHaveLength(1);
    expect(await remindersOf(name, at({ hours: 4 }))).toHaveLength(2);
  });

  test('is due at once where a gift of a reset arrives for its last day', async () => {
    const [ada, bob] = [await person(), await person()];
    const [reset] = await bank(ledger, ada);
    const gift = await give(ledger, ada, bob, { amount: '0', reset_id: reset.id, at: at({ hours: -25 }) });
    await ledger.advanceGifts([gift.id], at({ hours: 5 }));
    expect(await remindersOf(bob, at({ hours: 5 }))).toEqual([['1 day', at({ hours: 29 })]]);
  });

  test('is not due for one that is banked for no longer than that', async () => {
    await ledger.usePolicy(policyWith({ resets: { valid_for: 'P1D' } }), START);
    const name = await person();
    await bank(ledger, name, { at: T });
    await ledger.usePolicy(policyWith(), START);
    expect(await remindersOf(name, T)).toEqual([]);
  });

  test('is a moment at which a clock that jumps must stop', async () => {
    const fresh = await openTestLedger();
    try {
      for (const id of ['ada', 'bob']) await seedAccount(fresh.ledger, id);
      const [reset] = await bank(fresh.ledger, 'ada');
      const sent = { amount: '0', reset_id: reset.id, at: at({ hours: -25 }) };
      const gift = await give(fresh.ledger, 'ada', 'bob', sent);
      await fresh.ledger.advanceGifts([gift.id], at({ hours: 5 }));
      expect(await fresh.ledger.nextResetMoment(at({ hours: 5, ms: -1 }))).toBe(at({ hours: 5 }));
      expect(await fresh.ledger.nextResetMoment(at({ hours: 5 }))).toBe(at({ hours: 29 }));
    } finally {
      await fresh.close();
    }
  });
});

describe('a reset that came back is given on', () => {
  const WEEK_END = at({ minutes: -30 });
  async function cameBack(banks = byHand): Promise<{ name: string; reset: Reset }> {
    await ledger.usePolicy(policyWith({ resets: { return_within: 'PT48H' } }), START);
    const name = await whoRedeemed(WEEK_END, banks);
    await ledger.usePolicy(policyWith(), START);
    await sweep(ledger, WEEK_END);
    const reset = await returned(name, WEEK_END);
    if (reset === undefined) throw new Error('nothing came back');
    return { name, reset };
  }
  const REFUSED = refusal('not_giftable', 'reset_gifted');
  const giveOn = (from: string, to: string, reset: Reset, moment = WEEK_END) =>
    give(ledger, from, to, { amount: '0', reset_id: reset.id, at: moment });

  test.each([
    ['by hand', byHand],
    ['by a campaign', byCampaign],
  ])('as the one that it goes on from could be, which was banked %s', async (_how, banks) => {
    const { name, reset } = await cameBack(banks);
    expect(reset.source).toBe('return');
    expect(await giveOn(name, await person(), reset)).toMatchObject({ status: 'pending' });
  });

  test.each([false, true])('by whom it was given to only where given resets may be: %s', async (regift) => {
    const { name, reset } = await cameBack(byGift);
    await ledger.usePolicy(policyWith({ gifts: { regift } }), START);
    const friend = await person();
    if (regift) expect(await giveOn(name, friend, reset)).toMatchObject({ status: 'pending' });
    else await expect(giveOn(name, friend, reset)).rejects.toMatchObject(REFUSED);
    await ledger.usePolicy(policyWith(), START);
  });

  test('once: whoever gets it does not give it on, also when it comes back again', async () => {
    const { name, reset } = await cameBack();
    const bob = await person();
    const gift = await giveOn(name, bob, reset);
    const arrives = later(WEEK_END, { days: 1 });
    await ledger.advanceGifts([gift.id], arrives);
    await use(ledger, bob, '3', later(arrives, { days: -7, hours: 2 }));
    await redeem(ledger, bob, { at: later(arrives, { hours: 1 }) });
    await sweep(ledger, later(arrives, { hours: 2 }));
    const again = await returned(bob, later(arrives, { hours: 2 }));
    if (again === undefined) throw new Error('nothing came back');
    const given = giveOn(bob, name, again, later(arrives, { hours: 2 }));
    await expect(given).rejects.toMatchObject(REFUSED);
  });
});
