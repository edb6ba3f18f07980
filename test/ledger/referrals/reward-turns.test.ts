import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { later, newKey, openTestLedger, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

/** One place a month; `forfeits` and `defers` differ in what happens to a reward over the cap. */
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
  monthly_cap: 1,
  invite_valid_for: 'P60D',
  clawback_within: 'P20D',
  credits_valid_for: 'P12M',
};
const AT = '2026-03-10T12:00:00.000Z';
const APRIL = '2026-04-01T00:00:00.000Z';
const MAY = '2026-05-01T00:00:00.000Z';

let own: TestLedger;
let people = 0;
let referrer = '';

beforeAll(async () => {
  own = await openTestLedger({
    programs: { forfeits: { ...PROGRAM, over_cap: 'forfeit' }, defers: { ...PROGRAM, over_cap: 'defer' } },
  } as object);
});
afterAll(() => own.close());

async function newReferrer(): Promise<void> {
  people += 1;
  referrer = `referrer-${people}`;
  await seedAccount(own.ledger, referrer, { put: { billing_day: 1 } });
}

type Qualified = Referral & { friend: string };

/** A friend who qualifies at a moment, of an invitation of the same moment. */
async function qualified(at: string, program = 'defers'): Promise<Qualified> {
  people += 1;
  const friend = `friend-${people}`;
  const referral = await invite(own.ledger, referrer, { at, program });
  await newFriend(own.ledger, friend, at);
  await join(own.ledger, referral, friend, at);
  await prompt(own.ledger, friend, at);
  return { ...referral, friend };
}
const reward = (referral: { id: string }, at: string) => own.ledger.rewardReferral(referral.id, at);
const found = (referral: { id: string }) => own.ledger.findReferral(referral.id);
const freeze = (account: string, at: string) =>
  own.ledger.putAccount(account, { plan: 'plus', status: 'frozen' }, at);
const unfreeze = (account: string, at: string) =>
  own.ledger.putAccount(account, { plan: 'plus', status: 'active' }, at);
const raise = (month: string, cap: number, at: string, program = 'defers') =>
  own.ledger.raiseCap({
    key: newKey('raise'),
    at,
    account_id: referrer,
    program,
    month,
    cap,
    reason: 'a good friend of ours',
  });

/** A reward of March, and one that it leaves to April. */
async function deferredToApril(): Promise<Qualified> {
  await reward(await qualified(AT), AT);
  const waiting = await qualified(later(AT, { hours: 1 }));
  expect(await reward(waiting, later(AT, { hours: 1 }))).toMatchObject({
    status: 'qualified',
    deferred_until: APRIL,
  });
  return waiting;
}

describe('a frozen account is waited for', () => {
  test.each([
    ['for as long as the reward could be clawed back, and not at that very moment', 0, 'refused'],
    ['until just before it', -1, 'qualified'],
  ])('%s', async (_words, ms, status) => {
    await newReferrer();
    const referral = await qualified(AT);
    await freeze(referral.friend, AT);
    expect(await reward(referral, later(AT, { days: 20, ms }))).toMatchObject({
      status,
      reason_code: 'account_frozen',
    });
  });

  test.each([
    ['just before the end of that time', -1, 'qualified'],
    ['at the end of it', 0, 'refused'],
  ])(
    'from when a deferred reward is due, and not from when its friend qualified: %s',
    async (_words, ms, status) => {
      await newReferrer();
      const waiting = await deferredToApril();
      await freeze(referrer, APRIL);
      // 21 days after the friend qualified: more than 20.
      expect(await reward(waiting, APRIL)).toMatchObject({
        status: 'qualified',
        reason_code: 'account_frozen',
        deferred_until: later(APRIL, { days: 1 }),
      });
      expect(await reward(waiting, later(APRIL, { days: 20, ms }))).toMatchObject({ status });
    },
  );

  test('an hour of it costs a deferred reward a day, whoever is frozen', async () => {
    for (const side of ['referrer', 'friend'] as const) {
      await newReferrer();
      const waiting = await deferredToApril();
      const account = side === 'referrer' ? referrer : waiting.friend;
      await freeze(account, APRIL);
      await reward(waiting, APRIL);
      await unfreeze(account, later(APRIL, { hours: 1 }));
      expect(await reward(waiting, later(APRIL, { days: 1, ms: -1 }))).toMatchObject({ status: 'qualified' });
      expect(await reward(waiting, later(APRIL, { days: 1 }))).toMatchObject({ status: 'rewarded' });
    }
  });

  test('anew where the month is full after it: the next month counts for itself', async () => {
    await newReferrer();
    const waiting = await deferredToApril();
    await freeze(waiting.friend, APRIL);
    await reward(waiting, APRIL);
    // An operator lets another through meanwhile; then the month is full.
    await raise('2026-04-01', 2, APRIL);
    const other = await qualified(APRIL);
    expect(await reward(other, APRIL)).toMatchObject({ status: 'rewarded' });
    await unfreeze(waiting.friend, later(APRIL, { hours: 1 }));
    expect(await reward(waiting, later(APRIL, { days: 1 }))).toMatchObject({ status: 'rewarded' });
    const last = await qualified(later(APRIL, { days: 2 }));
    expect(await reward(last, later(APRIL, { days: 2 }))).toMatchObject({ deferred_until: MAY });
    await freeze(last.friend, MAY);
    expect(await reward(last, later(MAY, { days: 20, ms: -1 }))).toMatchObject({ status: 'qualified' });
    expect(await reward(last, later(MAY, { days: 21 }))).toMatchObject({ status: 'refused' });
  });
});

describe('the oldest comes first', () => {
  test('a deferred reward whose claim met a freeze keeps its turn before a younger one', async () => {
    await newReferrer();
    const older = await deferredToApril();
    await freeze(older.friend, APRIL);
    await reward(older, APRIL);
    const noon = later(APRIL, { hours: 12 });
    const younger = await qualified(noon);
    expect(await reward(younger, noon)).toMatchObject({
      status: 'qualified',
      reason_code: 'reward_cap_reached',
      detail: 'The last places of this billing month are kept for friends who qualified earlier.',
      deferred_until: later(APRIL, { days: 1 }),
      rewards: [{ recipient: 'friend' }],
    });
    await unfreeze(older.friend, noon);
    // Asked in the other order.
    expect(await reward(younger, later(APRIL, { days: 1 }))).toMatchObject({
      status: 'qualified',
      detail: 'The referrer has had 1 of 1 rewards in this billing month.',
      deferred_until: MAY,
    });
    expect(await found(older)).toMatchObject({
      status: 'rewarded',
      rewarded_at: later(APRIL, { days: 1 }),
    });
    expect(await reward(younger, MAY)).toMatchObject({ status: 'rewarded' });
  });

  test.each(['forfeits', 'defers'])(
    'a younger one waits with it day by day, and gets the place when the older is refused: %s',
    async (program) => {
      await newReferrer();
      const older = await qualified(APRIL, program);
      await freeze(older.friend, APRIL);
      await reward(older, APRIL);
      const younger = await qualified(later(APRIL, { hours: 1 }), program);
      await reward(younger, later(APRIL, { hours: 1 }));
      for (let day = 1; day < 20; day++) {
        const at = later(APRIL, { days: day });
        expect(await own.ledger.dueRewards(at, 1000)).toEqual(expect.arrayContaining([older.id, younger.id]));
        expect(await reward(younger, at)).toMatchObject({
          status: 'qualified',
          deferred_until: later(at, { days: 1 }),
        });
        expect(await found(older)).toMatchObject({ deferred_until: later(at, { days: 1 }) });
      }
      expect(await reward(younger, later(APRIL, { days: 20 }))).toMatchObject({ status: 'rewarded' });
      expect(await found(older)).toMatchObject({ status: 'refused', reason_code: 'account_frozen' });
    },
  );

  test('a younger one passes where there is room for both', async () => {
    await newReferrer();
    await raise('2026-04-01', 2, APRIL);
    const older = await qualified(APRIL);
    await freeze(older.friend, APRIL);
    await reward(older, APRIL);
    const younger = [await qualified(APRIL), await qualified(APRIL)];
    expect(await reward(younger[0] ?? older, APRIL)).toMatchObject({ status: 'rewarded' });
    expect(await reward(younger[1] ?? older, APRIL)).toMatchObject({ status: 'qualified' });
    // One more place of the month: what waits for its turn is due at once.
    await raise('2026-04-01', 3, later(APRIL, { hours: 1 }));
    expect(await reward(younger[1] ?? older, later(APRIL, { hours: 1 }))).toMatchObject({
      status: 'rewarded',
    });
    await unfreeze(older.friend, later(APRIL, { hours: 2 }));
    expect(await reward(older, later(APRIL, { days: 1 }))).toMatchObject({ status: 'rewarded' });
  });

  test('one that nobody has claimed yet comes before a younger one that is claimed', async () => {
    await newReferrer();
    const older = await qualified(AT, 'forfeits');
    const younger = await qualified(later(AT, { ms: 1 }), 'forfeits');
    expect(await reward(younger, later(AT, { ms: 1 }))).toMatchObject({
      status: 'refused',
      reason_code: 'reward_cap_reached',
    });
    expect(await found(older)).toMatchObject({ status: 'rewarded' });
  });

  test('a reward is never given before the friend qualified, by whatever clock', async () => {
    await newReferrer();
    const ahead = await qualified(APRIL);
    expect(await reward(ahead, later(APRIL, { minutes: -4 }))).toMatchObject({
      status: 'rewarded',
      qualified_at: APRIL,
      rewarded_at: APRIL,
    });
    expect(await own.ledger.rewardWindow(referrer, 'defers', APRIL)).toMatchObject({ claimed: [ahead.id] });
  });
});

describe('raising the cap of a month', () => {
  test('leaves what was deferred out of another month, before or after it, where it is', async () => {
    await newReferrer();
    const toApril = await deferredToApril();
    for (const month of ['2026-02-01', '2026-04-01', '2026-05-01']) await raise(month, 2, AT);
    expect(await found(toApril)).toMatchObject({ deferred_until: APRIL });
    expect(await reward(toApril, APRIL)).toMatchObject({ status: 'rewarded' });
    expect(await reward(await qualified(APRIL), APRIL)).toMatchObject({ status: 'rewarded' });
    const toMay = await qualified(APRIL);
    expect(await reward(toMay, APRIL)).toMatchObject({ deferred_until: MAY });
    for (const month of ['2026-03-01', '2026-06-01']) await raise(month, 3, later(APRIL, { hours: 1 }));
    expect(await found(toMay)).toMatchObject({ deferred_until: MAY });
    await raise('2026-04-01', 3, later(APRIL, { hours: 2 }));
    expect(await found(toMay)).toMatchObject({ deferred_until: later(APRIL, { hours: 2 }) });
    expect(await reward(toMay, later(APRIL, { hours: 2 }))).toMatchObject({ status: 'rewarded' });
  });

  test('of one program leaves those of another', async () => {
    await newReferrer();
    const waiting = await deferredToApril();
    await raise('2026-03-01', 2, later(AT, { hours: 2 }), 'forfeits');
    expect(await found(waiting)).toMatchObject({ deferred_until: APRIL });
  });
});
