import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { billingMonthOf } from '../../../src/domain/billing-month.ts';
import { refusal } from '../../support/gifts.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { later, newKey, openTestLedger, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

/** `simple` forfeits, `patient` defers; one prompt qualifies, and places are plenty. */
const PROGRAM = {
  opens_at: null,
  closes_at: null,
  plans: ['plus'],
  cohort: null,
  invites: 1000,
  prompts: 1,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '0' }, friend: { resets: 1, credits: '2' } },
  monthly_cap: 3,
  over_cap: 'forfeit',
  invite_valid_for: 'P60D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};

let own: TestLedger;
let people = 0;
let referrer = '';

beforeAll(async () => {
  own = await openTestLedger({
    programs: { simple: PROGRAM, patient: { ...PROGRAM, over_cap: 'defer' } } as object,
  });
});
afterAll(() => own.close());

async function newReferrer(billing_day: number): Promise<void> {
  people += 1;
  referrer = `referrer-${people}`;
  await seedAccount(own.ledger, referrer, { put: { billing_day } });
}

/** A friend who has qualified by `at`. */
async function qualified(at: string, program = 'simple'): Promise<Referral> {
  people += 1;
  const friend = `friend-${people}`;
  const referral = await invite(own.ledger, referrer, { at, program });
  await newFriend(own.ledger, friend, at);
  await join(own.ledger, referral, friend, at);
  await prompt(own.ledger, friend, at);
  return referral;
}
const reward = (referral: { id: string }, at: string) => own.ledger.rewardReferral(referral.id, at);
const rewardedAt = async (at: string, program = 'simple') =>
  (await reward(await qualified(at, program), at)).status;
const windowAt = (at: string, program = 'simple') => own.ledger.rewardWindow(referrer, program, at);

test('the billing month of the ledger is that of the domain, for every day and moment', async () => {
  const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
  const sample = fc.sample(fc.record({ day: fc.integer({ min: 1, max: 31 }), at: instants }), 2000);
  const rows = await own.sql(
    `SELECT m.starts_at, m.ends_at FROM unnest($1::int[], $2::timestamptz[]) WITH ORDINALITY x (day, at, n)
     CROSS JOIN LATERAL boon_code.billing_month(x.day, x.at) m ORDER BY x.n`,
    [sample.map(({ day }) => day), sample.map(({ at }) => at.toISOString())],
  );
  const found = rows.map(({ starts_at, ends_at }) => [Number(starts_at), Number(ends_at)]);
  expect(found).toEqual(
    sample.map(({ day, at }) => {
      const { startsAt, endsAt } = billingMonthOf(day, at.getTime());
      return [startsAt, endsAt];
    }),
  );
});

describe('three rewards a billing month', () => {
  test.each([
    ['the 10th', 10, '2026-03-09T23:59:59.999Z', '2026-03-10T00:00:00.000Z', '2026-03-10'],
    [
      'the 31st, in a month of 30 days',
      31,
      '2026-04-29T23:59:59.999Z',
      '2026-04-30T00:00:00.000Z',
      '2026-04-30',
    ],
    ['the 31st, in February', 31, '2026-02-27T23:59:59.999Z', '2026-02-28T00:00:00.000Z', '2026-02-28'],
    ['the 30th, in February', 30, '2027-02-27T23:59:59.999Z', '2027-02-28T00:00:00.000Z', '2027-02-28'],
    ['the 29th, in a leap year', 29, '2028-02-28T23:59:59.999Z', '2028-02-29T00:00:00.000Z', '2028-02-29'],
    ['the 31st, in a leap year', 31, '2028-02-28T23:59:59.999Z', '2028-02-29T00:00:00.000Z', '2028-02-29'],
    [
      'the 31st, at the end of the year',
      31,
      '2026-12-30T23:59:59.999Z',
      '2026-12-31T00:00:00.000Z',
      '2026-12-31',
    ],
    [
      'the 1st, at the end of the year',
      1,
      '2026-12-31T23:59:59.999Z',
      '2027-01-01T00:00:00.000Z',
      '2027-01-01',
    ],
  ])('begin anew on %s', async (_words, day, last, first, month) => {
    await newReferrer(day);
    for (let n = 0; n < 3; n++) expect(await rewardedAt(last)).toBe('rewarded');
    const fourth = await reward(await qualified(last), last);
    expect(fourth).toMatchObject({ status: 'refused', reason_code: 'reward_cap_reached' });
    expect(await windowAt(first)).toMatchObject({ month, claimed: [], starts_at: first });
    expect(await rewardedAt(first)).toBe('rewarded');
    expect((await windowAt(last)).claimed).toHaveLength(3);
    expect((await windowAt(last)).ends_at).toBe(first);
  });

  test('are counted for each program by itself', async () => {
    await newReferrer(1);
    const at = '2026-03-10T12:00:00.000Z';
    for (let n = 0; n < 3; n++) await rewardedAt(at);
    expect(await rewardedAt(at, 'patient')).toBe('rewarded');
    expect(await rewardedAt(at)).toBe('refused');
  });

  test('a hundred friends who qualify at once bring exactly three', async () => {
    await newReferrer(1);
    const at = '2026-03-10T12:00:00.000Z';
    const referrals = await Promise.all(Array.from({ length: 100 }, () => qualified(at)));
    const ended = await Promise.all(referrals.map((referral) => reward(referral, at)));
    expect(ended.filter(({ status }) => status === 'rewarded')).toHaveLength(3);
    expect(ended.filter(({ reason_code }) => reason_code === 'reward_cap_reached')).toHaveLength(97);
    expect(await own.ledger.limits(referrer, at)).toMatchObject({ resets_available: 3 });
    expect((await windowAt(at)).claimed.toSorted()).toEqual(
      ended
        .filter(({ status }) => status === 'rewarded')
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  test('a reward that is asked for again and again is given once', async () => {
    await newReferrer(1);
    const at = '2026-03-10T12:00:00.000Z';
    const referral = await qualified(at);
    const answers = await Promise.all(Array.from({ length: 20 }, () => reward(referral, at)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await own.ledger.limits(referrer, at)).toMatchObject({ resets_available: 1 });
  });

  test('the database refuses a fourth, whatever asks for it', async () => {
    await newReferrer(1);
    const at = '2026-03-10T12:00:00.000Z';
    for (let n = 0; n < 3; n++) await rewardedAt(at);
    await expect(
      own.sql(`UPDATE boon.reward_windows SET used = used + 1 WHERE account_id = $1`, [referrer]),
    ).rejects.toThrow('window_is_sound');
    await expect(
      own.sql(
        `INSERT INTO boon.reward_slots SELECT 'ref_other', account_id, program, month, 3, claimed_at FROM boon.reward_slots WHERE account_id = $1 LIMIT 1`,
        [referrer],
      ),
    ).rejects.toThrow('reward_slots_account_id_program_month_number_key');
  });
});

describe('the friend’s reward', () => {
  test('is given when the referrer’s is over the cap', async () => {
    await newReferrer(1);
    const at = '2026-03-10T12:00:00.000Z';
    for (let n = 0; n < 3; n++) await rewardedAt(at);
    for (const program of ['simple', 'patient']) {
      const over = await reward(await qualified(at, program), at);
      expect(over.rewards.at(-1)).toMatchObject({
        recipient: 'friend',
        resets: 1,
        credits: '2',
        taken_back: null,
      });
      expect(await own.ledger.balance(over.friend_id ?? '', at)).toMatchObject({
        available: '2',
        lots: [{ source: 'earned', giftable: false, expires_at: '2027-03-10T12:00:00.000Z' }],
      });
    }
  });

  test('is given once when the referrer’s comes a month later', async () => {
    await newReferrer(1);
    const at = '2026-03-10T12:00:00.000Z';
    for (let n = 0; n < 3; n++) await rewardedAt(at, 'patient');
    const over = await qualified(at, 'patient');
    expect(await reward(over, at)).toMatchObject({ status: 'qualified', rewards: [{ recipient: 'friend' }] });
    expect(await reward(over, '2026-04-01T00:00:00.000Z')).toMatchObject({
      status: 'rewarded',
      rewards: [{ recipient: 'referrer' }, { recipient: 'friend' }],
    });
    expect(await own.ledger.limits(over.friend_id ?? `friend-${people}`, at)).toMatchObject({
      resets_available: 1,
    });
  });
});

describe('a friend whose referrer is over the cap', () => {
  const at = '2026-03-10T12:00:00.000Z';

  test.each(['simple', 'patient'])('does not count again by another’s link: %s', async (program) => {
    await newReferrer(1);
    const other = await invite(own.ledger, referrer, { at, program });
    await newReferrer(1);
    for (let n = 0; n < 3; n++) await rewardedAt(at, program);
    const over = await qualified(at, program);
    const friend = `friend-${people}`;
    expect(await reward(over, at)).toMatchObject({ rewards: [{ recipient: 'friend' }] });
    expect(await join(own.ledger, other, friend, at)).toMatchObject({
      status: 'refused',
      reason_code: 'duplicate_referral',
    });
    expect(await own.ledger.limits(friend, at)).toMatchObject({ resets_available: 1 });
  });

  test('is not won by another’s referral, whatever asks for it: the database refuses it', async () => {
    await newReferrer(1);
    for (let n = 0; n < 3; n++) await rewardedAt(at);
    const over = await reward(await qualified(at), at);
    const other = await qualified(at);
    await expect(
      own.sql(`UPDATE boon.referrals SET friend_id = $2 WHERE id = $1`, [other.id, over.friend_id]),
    ).rejects.toThrow('friend_is_won_once');
  });
});

describe('a reward over the cap that is deferred', () => {
  const at = '2026-03-10T12:00:00.000Z';
  const next = '2026-04-01T00:00:00.000Z';

  test('stays qualified until the month ends, says so, and comes then', async () => {
    await newReferrer(1);
    for (let n = 0; n < 3; n++) await rewardedAt(at, 'patient');
    const over = await qualified(at, 'patient');
    expect(await reward(over, at)).toMatchObject({
      status: 'qualified',
      deferred_until: next,
      reason_code: 'reward_cap_reached',
      detail: 'The referrer has had 3 of 3 rewards in this billing month.',
      next_step: 'The reward is tried again at 2026-04-01T00:00:00Z.',
    });
    expect(await reward(over, later(next, { ms: -1 }))).toMatchObject({
      status: 'qualified',
      deferred_until: next,
    });
    expect(await own.ledger.dueRewards(later(next, { ms: -1 }), 100)).not.toContain(over.id);
    expect(await own.ledger.dueRewards(next, 100)).toContain(over.id);
    expect(await reward(over, next)).toMatchObject({
      status: 'rewarded',
      rewarded_at: next,
      deferred_until: null,
      reason_code: null,
    });
  });

  test('comes before that of a friend who qualifies when the next month has begun', async () => {
    await newReferrer(1);
    for (let n = 0; n < 3; n++) await rewardedAt(at, 'patient');
    const waiting = [];
    for (let n = 0; n < 3; n++) waiting.push(await qualified(at, 'patient'));
    for (const referral of waiting) await reward(referral, at);
    const quick = await qualified(next, 'patient');
    expect(await reward(quick, next)).toMatchObject({
      status: 'qualified',
      deferred_until: '2026-05-01T00:00:00.000Z',
    });
    const now = await Promise.all(waiting.map(({ id }) => own.ledger.findReferral(id)));
    expect(now.map(({ status, rewarded_at }) => [status, rewarded_at])).toEqual(
      Array(3).fill(['rewarded', next]),
    );
  });

  test('is deferred again when the next month is full too', async () => {
    await newReferrer(1);
    const all = await Promise.all(Array.from({ length: 7 }, () => qualified(at, 'patient')));
    const rewarded = async (when: string) => {
      await Promise.all(all.map((referral) => reward(referral, when)));
      const now = await Promise.all(all.map(({ id }) => own.ledger.findReferral(id)));
      return now.filter(({ status }) => status === 'rewarded').length;
    };
    expect(await rewarded(at)).toBe(3);
    expect(await rewarded(next)).toBe(6);
    expect(await rewarded('2026-05-01T00:00:00.000Z')).toBe(7);
  });
});

describe('a raised cap', () => {
  const at = '2026-03-10T12:00:00.000Z';
  const raise = (cap: number, more: object = {}) =>
    own.ledger.raiseCap({
      key: newKey('raise'),
      at,
      account_id: referrer,
      program: 'patient',
      month: '2026-03-01',
      cap,
      reason: 'a good friend of ours',
      by: 'olga',
      ...more,
    });

  test('from three to five lets two more through, at once, and no third', async () => {
    await newReferrer(1);
    for (let n = 0; n < 3; n++) await rewardedAt(at, 'patient');
    const waiting = [
      await qualified(at, 'patient'),
      await qualified(at, 'patient'),
      await qualified(at, 'patient'),
    ];
    for (const referral of waiting) await reward(referral, at);
    expect(await own.ledger.dueRewards(at, 100)).not.toContain(waiting[0]?.id);
    expect((await raise(5)).value).toMatchObject({ cap: 5, month: '2026-03-01' });
    expect(await own.ledger.dueRewards(at, 100)).toEqual(expect.arrayContaining(waiting.map(({ id }) => id)));
    const after = await Promise.all(waiting.map((referral) => reward(referral, at)));
    expect(after.map(({ status }) => status).toSorted()).toEqual(['qualified', 'rewarded', 'rewarded']);
    expect(
      await own.sql(
        `SELECT cap_before, cap, reason, operated_by FROM boon.reward_cap_raises WHERE account_id = $1`,
        [referrer],
      ),
    ).toEqual([{ cap_before: 3, cap: 5, reason: 'a good friend of ours', operated_by: 'olga' }]);
  });

  test('holds for that month only, and may be raised before the first reward', async () => {
    await newReferrer(1);
    await raise(5);
    expect(await windowAt(at, 'patient')).toMatchObject({ cap: 5 });
    expect(await windowAt('2026-04-10T12:00:00.000Z', 'patient')).toMatchObject({ cap: 3 });
    for (let n = 0; n < 5; n++) expect(await rewardedAt(at, 'patient')).toBe('rewarded');
    expect(await rewardedAt(at, 'patient')).toBe('qualified');
  });

  test('does not help a reward that was forfeited', async () => {
    await newReferrer(1);
    for (let n = 0; n < 3; n++) await rewardedAt(at);
    const gone = await qualified(at);
    await reward(gone, at);
    await raise(5, { program: 'simple' });
    expect(await reward(gone, at)).toMatchObject({ status: 'refused', reason_code: 'reward_cap_reached' });
    expect(await rewardedAt(at)).toBe('rewarded');
  });

  test('is never lowered, and is of a month that begins on that day', async () => {
    await newReferrer(1);
    await expect(raise(3)).rejects.toMatchObject({
      ...refusal('validation_failed'),
      errors: [{ path: 'cap' }],
    });
    await expect(raise(5, { month: '2026-03-02' })).rejects.toMatchObject({ errors: [{ path: 'month' }] });
    for (const month of ['march', '2026-02-30', '2026-3-1']) {
      await expect(raise(5, { month })).rejects.toMatchObject({ errors: [{ path: 'month' }] });
    }
    for (const month of ['2027-04-01', '9999-12-01'])
      await expect(raise(5, { month })).rejects.toMatchObject({ errors: [{ path: 'month' }] });
    expect((await raise(5, { month: '2027-03-01' })).value).toMatchObject({ cap: 5 });
    const unknown = (message: string) => ({ ...refusal('not_found'), message });
    await expect(raise(5, { program: 'none' })).rejects.toMatchObject(unknown('There is no program "none".'));
    await expect(raise(5, { account_id: 'nobody' })).rejects.toMatchObject(
      unknown('There is no account "nobody".'),
    );
  });

  test('asked for again under its key answers the same', async () => {
    await newReferrer(1);
    const key = newKey('raise');
    const first = await raise(5, { key });
    expect(await raise(5, { key })).toEqual({ value: first.value, replayed: true });
    await expect(raise(6, { key })).rejects.toMatchObject(refusal('idempotency_mismatch'));
  });
});

describe('a plan change that moves the billing day', () => {
  const move = (billing_day: number, at: string) =>
    own.ledger.putAccount(referrer, { plan: 'plus', billing_day }, at);

  test.each([
    ['to a later day', 5, 20, '2026-04-20T00:00:00.000Z'],
    ['to an earlier day', 5, 2, '2026-05-02T00:00:00.000Z'],
  ])('%s: the running month keeps its end, the next begins there', async (_words, before, after, ends) => {
    await newReferrer(before);
    const at = '2026-02-10T12:00:00.000Z';
    for (let n = 0; n < 3; n++) await rewardedAt(at);
    await move(after, '2026-02-15T12:00:00.000Z');
    expect(await windowAt('2026-03-04T23:59:59.999Z')).toMatchObject({
      month: '2026-02-05',
      ends_at: '2026-03-05T00:00:00.000Z',
    });
    expect(await rewardedAt('2026-03-04T23:59:59.999Z')).toBe('refused');
    expect(await windowAt('2026-03-05T00:00:00.000Z')).toMatchObject({
      month: '2026-03-05',
      starts_at: '2026-03-05T00:00:00.000Z',
      ends_at: ends,
    });
    expect(await rewardedAt('2026-03-05T00:00:00.000Z')).toBe('rewarded');
  });

  test('keeps a month whose cap was raised ahead of time, and takes effect after it', async () => {
    await newReferrer(1);
    await own.ledger.raiseCap({
      key: newKey('raise'),
      at: '2026-03-10T12:00:00.000Z',
      account_id: referrer,
      program: 'simple',
      month: '2026-05-01',
      cap: 4,
      reason: 'a good friend of ours',
    });
    await move(20, '2026-03-15T12:00:00.000Z');
    for (const [at, month, ends_at, cap] of [
      ['2026-04-20T00:00:00.000Z', '2026-04-01', '2026-05-01T00:00:00.000Z', 3],
      ['2026-05-31T23:59:59.999Z', '2026-05-01', '2026-06-01T00:00:00.000Z', 4],
      ['2026-06-01T00:00:00.000Z', '2026-06-01', '2026-07-20T00:00:00.000Z', 3],
    ] as const)
      expect(await windowAt(at)).toMatchObject({ month, ends_at, cap });
  });

  test('never makes two windows overlap, whatever days and moments', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ day: fc.integer({ min: 1, max: 31 }), after: fc.integer({ min: 0, max: 60 }) }),
          { minLength: 2, maxLength: 6 },
        ),
        async (moves) => {
          await newReferrer(1);
          let at = '2026-01-15T12:00:00.000Z';
          for (const { day, after } of moves) {
            await move(day, at);
            await rewardedAt(at);
            at = later(at, { days: after });
          }
          const overlaps = await own.sql(
            `SELECT FROM boon.reward_windows a JOIN boon.reward_windows b USING (account_id, program)
             WHERE a.account_id = $1 AND a.month < b.month AND a.ends_at > b.starts_at`,
            [referrer],
          );
          expect(overlaps).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('an account that is not active when the reward is due', () => {
  const at = '2026-03-10T12:00:00.000Z';
  const day = (days: number) => later(at, { days });

  test.each(['referrer', 'friend'])(
    'frozen: the reward of the %s’s referral waits a day at a time',
    async (side) => {
      await newReferrer(1);
      const referral = await qualified(at);
      const account = side === 'referrer' ? referrer : `friend-${people}`;
      await own.ledger.putAccount(account, { plan: 'plus', status: 'frozen' }, at);
      expect(await reward(referral, at)).toMatchObject({
        status: 'qualified',
        reason_code: 'account_frozen',
        detail: `The ${side}'s account is frozen.`,
        deferred_until: day(1),
        rewards: [],
      });
      await own.ledger.putAccount(account, { plan: 'plus', status: 'active' }, at);
      expect(await reward(referral, day(1))).toMatchObject({ status: 'rewarded', reason_code: null });
    },
  );

  test('frozen for as long as rewards can be clawed back: refused', async () => {
    await newReferrer(1);
    const referral = await qualified(at);
    await own.ledger.putAccount(referrer, { plan: 'plus', status: 'frozen' }, at);
    expect(await reward(referral, later(day(30), { ms: -1 }))).toMatchObject({ status: 'qualified' });
    expect(await reward(referral, day(31))).toMatchObject({
      status: 'refused',
      reason_code: 'account_frozen',
    });
  });

  test('closed: refused at once', async () => {
    await newReferrer(1);
    const referral = await qualified(at);
    await own.ledger.putAccount(`friend-${people}`, { plan: 'plus', status: 'closed' }, at);
    expect(await reward(referral, at)).toMatchObject({
      status: 'refused',
      reason_code: 'account_frozen',
      rewards: [],
    });
  });
});

test('a referral that is not qualified, or has ended, is unchanged by a claim', async () => {
  await newReferrer(1);
  const at = '2026-03-10T12:00:00.000Z';
  const invited = await invite(own.ledger, referrer, { at, program: 'simple' });
  expect(await reward(invited, at)).toEqual(invited);
  const canceled = await actOn(own.ledger, invited, 'cancel', at);
  expect(await reward(invited, at)).toEqual(canceled);
  await expect(reward({ id: 'ref_none' }, at)).rejects.toMatchObject(refusal('not_found'));
});
