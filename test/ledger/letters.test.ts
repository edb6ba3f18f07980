import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LetterName } from '../../src/contracts/letter.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { bought, CONSENT, hear, newPurchaseId } from '../support/purchases.ts';
import { dormantFriend, invite, join, prompt } from '../support/referrals.ts';
import { askRefund, hearOfRefund } from '../support/refunds.ts';
import { bank } from '../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
beforeAll(async () => {
  own = await openTestLedger({ programs: { 'codex-selective': { cohort: null } } });
  ledger = own.ledger;
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);
let people = 0;
async function person(email = true): Promise<string> {
  people += 1;
  const id = `reader-${people}`;
  await seedAccount(ledger, id, email ? { put: { email: `${id}@example.com` } } : {});
  return id;
}
/** The letter about a purchase of its own. */
async function letter(): Promise<LetterName> {
  return { kind: 'purchase', subject: (await bought(ledger, await person())).id };
}
const take = async (one: LetterName, by: string, when = START) =>
  (await ledger.takeLetter(one, by, when)).status;
const tryAndFail = async (one: LetterName, when: string) => {
  expect(await take(one, when, when)).toBe('taken');
  expect(await ledger.failLetter(one, when, 'full', false, when)).toBe('due');
};
const isDue = async (one: LetterName, when: string) =>
  (await ledger.dueLetters(when, 1_000)).some(
    ({ kind, subject }) => kind === one.kind && subject === one.subject,
  );
const statusOf = async ({ kind, subject }: LetterName) =>
  (await own.sql('SELECT status FROM boon.letters WHERE kind = $1 AND subject = $2', [kind, subject]))[0]
    ?.status;

describe('a letter', () => {
  test('is one try’s for a minute, and may be taken for one more by another after that', async () => {
    const one = await letter();
    expect(await take(one, 'a')).toBe('taken');
    expect(await take(one, 'a')).toBe('taken');
    expect(await ledger.takeLetter(one, 'b', at({ minutes: 1, ms: -1 }))).toEqual({
      status: 'held',
      until: at({ minutes: 1 }),
    });
    expect(await isDue(one, at({ minutes: 1, ms: -1 }))).toBe(false);
    expect(await isDue(one, at({ minutes: 1 }))).toBe(true);
    expect(await take(one, 'b', at({ minutes: 1 }))).toBe('taken');
    expect(await take(one, 'c', at({ minutes: 2 }))).toBe('unanswered');
    expect(await isDue(one, at({ minutes: 2 }))).toBe(false);
  });

  test('is tried for a day, to the millisecond', async () => {
    const [last, late] = [await letter(), await letter()];
    for (const one of [last, late]) await tryAndFail(one, START);
    expect(await take(last, 'b', at({ days: 1, ms: -1 }))).toBe('taken');
    expect(await take(late, 'b', at({ days: 1 }))).toBe('given_up');
    await ledger.endLetter(last, 'sent', at({ days: 1 }));
    expect(await take(last, 'c', at({ days: 1 }))).toBe('sent');
  });

  test('of which somebody else says that it failed stays with who tries it', async () => {
    const one = await letter();
    await take(one, 'a');
    expect(await ledger.failLetter(one, 'b', 'full', false, START)).toBe('due');
    expect(await take(one, 'c')).toBe('held');
    expect((await ledger.stuckItemsOf('letters')).map(({ item }) => item)).not.toContain(
      `purchase/${one.subject}`,
    );
    expect(await ledger.failLetter(one, 'a', 'full', false, START)).toBe('due');
    expect((await ledger.stuckItemsOf('letters')).map(({ item }) => item)).toContain(
      `purchase/${one.subject}`,
    );
    expect(await isDue(one, at({ minutes: 1, ms: -1 }))).toBe(false);
    expect(await isDue(one, at({ minutes: 1 }))).toBe(true);
    await ledger.endLetter(one, 'not_needed', at({ minutes: 1 }));
    expect(await isDue(one, at({ minutes: 2 }))).toBe(false);
  });

  test('that is a reminder is due to its own duty alone', async () => {
    const [reset] = await bank(ledger, await person());
    const one: LetterName = { kind: 'reset_reminder', subject: reset.id, which: '7 days' };
    await tryAndFail(one, START);
    expect(await isDue(one, at({ hours: 2 }))).toBe(false);
    expect((await ledger.stuckItemsOf('reset_reminders')).map(({ item }) => item)).toEqual([
      `${reset.id}/7 days`,
    ]);
    await ledger.endLetter(one, 'refused', START);
    expect(await ledger.stuckItemsOf('reset_reminders')).toEqual([]);
  });
});

test('letters whose day is over are given up, unless somebody tries them just then, and no others', async () => {
  const day = at({ days: 10 });
  const [over, tried, fresh, sent] = [await letter(), await letter(), await letter(), await letter()];
  for (const one of [over, tried, sent]) await tryAndFail(one, day);
  await tryAndFail(fresh, later(day, { ms: 1 }));
  await take(sent, 'b', later(day, { hours: 1 }));
  await ledger.endLetter(sent, 'sent', later(day, { hours: 1 }));
  const end = later(day, { days: 1 });
  await take(tried, 'b', later(end, { minutes: -1, ms: 1 }));
  await ledger.giveUpLetters(later(end, { ms: -1 }));
  expect(await statusOf(over)).toBe('due');
  expect(await ledger.giveUpLetters(end)).toBe(1);
  const statuses = async () => Promise.all([over, tried, fresh, sent].map(statusOf));
  expect(await statuses()).toEqual(['given_up', 'due', 'due', 'sent']);
  expect(await ledger.giveUpLetters(later(end, { ms: 1 }))).toBe(2);
  expect(await statuses()).toEqual(['given_up', 'given_up', 'given_up', 'sent']);
});

describe('the letters that no process has begun', () => {
  const collected = async () =>
    (await own.sql('SELECT kind, subject FROM boon.letters WHERE tries = 0 ORDER BY 1, 2')).map(
      ({ kind, subject }) => `${kind}/${subject}`,
    );

  test('are those of what happened ten minutes to a day ago, to accounts with an address', async () => {
    const day = at({ days: 20 });
    const buyer = await person();
    const first = await bought(ledger, buyer, 'credits-100', { at: day });
    const silent = await bought(ledger, await person(false), 'credits-100', { at: day });
    const succeeded = await askRefund(ledger, first, { amount: 100, at: day });
    const failed = await askRefund(ledger, first, { amount: 100, at: day });
    const open = await askRefund(ledger, first, { amount: 100, at: day });
    const ended = later(day, { hours: 1 });
    await hearOfRefund(ledger, succeeded, 'succeeded', { at: ended });
    await hearOfRefund(ledger, failed, 'failed', { at: ended });
    expect(await ledger.collectLetters(later(day, { minutes: 10, ms: -1 }))).toBe(0);
    expect(await ledger.collectLetters(later(day, { minutes: 10 }))).toBe(1);
    expect(await ledger.collectLetters(later(day, { minutes: 10 }))).toBe(0);
    expect(await ledger.collectLetters(later(ended, { minutes: 10, ms: -1 }))).toBe(0);
    expect(await ledger.collectLetters(later(ended, { days: 1 }))).toBe(0);
    expect(await ledger.collectLetters(later(ended, { days: 1, ms: -1 }))).toBe(1);
    expect(await collected()).toEqual([`purchase/${first.id}`, `refund/${succeeded.id}`]);
    expect((await collected()).join()).not.toContain(silent.id);
    await hearOfRefund(ledger, open, 'failed', { at: later(day, { days: 2 }) });
    expect(await ledger.collectLetters(later(day, { days: 2, minutes: 10 }))).toBe(0);
  });

  /** What else is told of, and when it happened. */
  const HAPPENED: Record<string, (day: string) => Promise<string>> = {
    'a top-up that was not paid': async (day) => {
      const buyer = await person();
      await bought(ledger, buyer, 'credits-100', { at: at({ days: 10 }), save_card: true });
      await ledger.putTopUp(buyer, { ...CONSENT, below: '200' }, `user:${buyer}`, day);
      const topUp = await ledger.beginTopUp(buyer, newPurchaseId(), day);
      await hear(ledger, { id: `${topUp?.id}` }, { said: 'failed', reason_code: 'card_declined', at: day });
      return `top_up_unpaid/${topUp?.id}`;
    },
    'a reward': async (day) => {
      const [referrer, friend] = [await person(), await person()];
      const invited = await invite(ledger, referrer, { at: day });
      await dormantFriend(ledger, friend, '2025-01-01T00:00:00.000Z');
      await join(ledger, invited, friend, day);
      for (let times = 0; times < 3; times += 1) await prompt(ledger, friend, day);
      expect(await ledger.rewardReferral(invited.id, day)).toMatchObject({ status: 'rewarded' });
      return `reward/${invited.id}`;
    },
  };

  test.each(Object.keys(HAPPENED))('are those of %s, from ten minutes to a day after it', async (what) => {
    const day = at({ days: 40 + Object.keys(HAPPENED).indexOf(what) * 10 });
    const letter = await HAPPENED[what]?.(day);
    expect(await ledger.collectLetters(later(day, { minutes: 10, ms: -1 }))).toBe(0);
    expect(await ledger.collectLetters(later(day, { days: 1 }))).toBe(0);
    expect(await ledger.collectLetters(later(day, { days: 1, ms: -1 }))).toBe(1);
    expect(await ledger.collectLetters(later(day, { minutes: 10 }))).toBe(0);
    expect(await collected()).toContain(letter);
  });

  test('are none of before letters were noted', async () => {
    const day = at({ days: 30 });
    const [before, since] = [await person(), await person()];
    await bought(ledger, before, 'credits-100', { at: day });
    const told = await bought(ledger, since, 'credits-100', { at: later(day, { ms: 1 }) });
    await own.sql('INSERT INTO boon.letters_since VALUES ($1)', [day]);
    expect(await ledger.collectLetters(later(day, { minutes: 20 }))).toBe(1);
    expect(await collected()).toContain(`purchase/${told.id}`);
  });
});
