import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { refusal } from '../../support/gifts.ts';
import { actOn, dormantFriend, invite, join, login, newFriend, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

/** When the link is used, and when the invitation ends. */
const LINK = later(START, { days: 1 });
const END = later(START, { days: 30 });
/** Until when a prompt may be told: `usage.accept_late_for` after the end. */
const TOLD_UNTIL = later(END, { days: 1 });

let own: TestLedger;
let people = 0;
let referrer = '';
let friend = '';

beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

const ago = (by: Parameters<typeof later>[1]) =>
  later(LINK, Object.fromEntries(Object.entries(by).map(([unit, n]) => [unit, -n])));
const found = (referral: { id: string }) => own.ledger.findReferral(referral.id);
const use = (referral: { id: string }, told: string, used_at = told) =>
  join(own.ledger, referral, friend, told, { used_at });
const sent = (id: string, at: string, told_at = at) => prompt(own.ledger, friend, at, { id, told_at });
const put = (id: string, fields: object, at: string) =>
  own.ledger.putAccount(id, { plan: 'plus', ...fields }, at);
/** Whatever has run out by then is ended, or no sweep has run yet. */
const sweep = async (isSwept: boolean, at: string) => {
  if (isSwept) await own.ledger.expireReferrals(at, 1_000);
};

async function invitation(more: Parameters<typeof invite>[2] = {}): Promise<Referral> {
  people += 1;
  referrer = `referrer-${people}`;
  await seedAccount(own.ledger, referrer, { put: { cohorts: ['codex-selective'] } });
  return invite(own.ledger, referrer, more);
}
async function newcomer(at: string = LINK): Promise<void> {
  people += 1;
  friend = `friend-${people}`;
  await newFriend(own.ledger, friend, at);
}
async function joinedBy(prompts: number): Promise<Referral> {
  const referral = await invitation();
  await newcomer();
  await use(referral, LINK);
  for (let n = 0; n < prompts; n++) await sent(`p${n}`, later(LINK, { hours: n }));
  return referral;
}

describe.each([
  ['before a sweep', false],
  ['after a sweep', true],
])('told after the invitation’s end, %s,', (_words, isSwept) => {
  test.each([
    ['in the last millisecond', later(END, { ms: -1 }), later(TOLD_UNTIL, { ms: -1 }), 'qualified'],
    ['at the end', END, later(END, { hours: 1 }), 'none'],
    ['in time, but reported too late', later(END, { ms: -1 }), TOLD_UNTIL, 'refused'],
  ])('the last prompt counts by its own moment: %s', async (_when, at, told_at, becomes) => {
    const referral = await joinedBy(2);
    await sweep(isSwept, told_at);
    const answer = sent('last', at, told_at);
    if (becomes === 'refused') {
      await expect(answer).rejects.toMatchObject({
        ...refusal('validation_failed'),
        errors: [
          {
            path: 'at',
            message: `must be reported before ${TOLD_UNTIL}: the invitation that it would count for is over`,
          },
        ],
      });
    } else if (becomes === 'none') expect(await answer).toBeUndefined();
    else
      expect(await answer).toMatchObject({
        status: 'qualified',
        qualified_at: at,
        ended_at: null,
        reason_code: null,
      });
    await own.ledger.expireReferrals(told_at, 1_000);
    expect(await found(referral)).toMatchObject(
      becomes === 'qualified'
        ? { status: 'qualified', prompts_seen: 3 }
        : { status: 'expired', reason_code: 'not_qualified_in_time', prompts_seen: 2, ended_at: END },
    );
    // Told again, it is what it was.
    if (becomes === 'qualified') expect(await sent('last', at, TOLD_UNTIL)).toBeUndefined();
    if (becomes === 'qualified')
      expect(await own.ledger.rewardReferral(referral.id, told_at)).toMatchObject({
        status: 'rewarded',
        rewarded_at: told_at,
      });
  });

  test('prompts that are too few are counted, and change nothing else', async () => {
    const referral = await joinedBy(0);
    await sweep(isSwept, END);
    expect(await sent('a', LINK, later(END, { hours: 1 }))).toMatchObject({ prompts_seen: 1 });
    await own.ledger.expireReferrals(later(END, { hours: 2 }), 1_000);
    expect(await found(referral)).toMatchObject({ status: 'expired', prompts_seen: 1, ended_at: END });
    await sent('b', LINK, later(END, { hours: 3 }));
    expect(await sent('c', later(LINK, { hours: 1 }), later(END, { hours: 3 }))).toMatchObject({
      status: 'qualified',
    });
  });

  test.each([
    ['in the last millisecond', later(END, { ms: -1 }), 'counts'],
    ['at the end', END, 'expired'],
  ])('the link counts by its own moment: used %s', async (_when, used, becomes) => {
    const referral = await invitation();
    await newcomer(later(END, { hours: -1 }));
    const { token } = (await own.ledger.referralAddresses([referral.id])).get(referral.id) ?? {};
    const told = later(END, { hours: 20 });
    await sweep(isSwept, told);
    await expect(
      join(own.ledger, referral, friend, told, { used_at: used, token: 'another' }),
    ).rejects.toMatchObject(refusal(becomes === 'expired' ? 'claim_expired' : 'claim_invalid'));
    const answer = join(own.ledger, referral, friend, told, { used_at: used, token });
    if (becomes === 'counts') {
      expect(await answer).toMatchObject({
        status: 'expired',
        reason_code: 'not_qualified_in_time',
        joined_at: used,
        ended_at: END,
      });
      for (const id of ['a', 'b', 'c']) await sent(id, used, told);
      expect(await found(referral)).toMatchObject({ status: 'qualified', friend_id: friend });
    } else {
      await expect(answer).rejects.toMatchObject(refusal('claim_expired'));
      await own.ledger.expireReferrals(told, 1_000);
      expect(await found(referral)).toMatchObject({
        status: 'expired',
        reason_code: 'not_used_in_time',
        ended_at: END,
      });
    }
  });

  test('a link counts at once with the prompts that were reported before it', async () => {
    const referral = await invitation();
    const used = later(END, { hours: -1 });
    await newcomer(used);
    for (const minutes of [1, 2, 3]) await sent(`p${minutes}`, later(used, { minutes }));
    await sweep(isSwept, END);
    expect(await use(referral, later(END, { hours: 20 }), used)).toMatchObject({
      status: 'qualified',
      qualified_at: later(used, { minutes: 3 }),
    });
  });

  test('it counts though the same address has been invited again', async () => {
    const email = isSwept ? 'swept@example.com' : 'unswept@example.com';
    const referral = await invitation({ email });
    await newcomer();
    await use(referral, LINK);
    for (const id of ['a', 'b']) await sent(id, LINK);
    await sweep(isSwept, END);
    const second = await invite(own.ledger, referrer, { at: END, email });
    expect(await sent('c', LINK, later(END, { hours: 1 }))).toMatchObject({ status: 'qualified' });
    expect(await found(second)).toMatchObject({ status: 'invited' });
  });

  test('activity before the link still shows that the friend was not away', async () => {
    const referral = await invitation();
    people += 1;
    friend = `friend-${people}`;
    await dormantFriend(own.ledger, friend, ago({ days: 70 }));
    await use(referral, LINK);
    for (const id of ['a', 'b']) await sent(id, LINK);
    await sweep(isSwept, END);
    await prompt(own.ledger, friend, ago({ days: 3 }), { kind: 'login', told_at: later(END, { hours: 1 }) });
    expect(await found(referral)).toMatchObject({ status: 'refused', reason_code: 'already_active' });
    expect(await sent('c', LINK, later(END, { hours: 2 }))).toBeUndefined();
  });

  test('who came by another link after it loses the friend to the last prompt of before, unless they have qualified there', async () => {
    for (const qualifies of [false, true]) {
      const first = await joinedBy(2);
      await sweep(isSwept, END);
      const second = await invitation({ at: LINK });
      expect(await use(second, END)).toMatchObject({ status: 'joined' });
      expect(await found(first)).toMatchObject({ status: 'expired', ended_at: END });
      if (qualifies) for (const id of ['x', 'y', 'z']) await sent(id, END);
      await sent('last', later(END, { ms: -1 }), later(END, { hours: 1 }));
      expect(await found(first)).toMatchObject({ status: qualifies ? 'expired' : 'qualified' });
      expect(await found(second)).toMatchObject(
        qualifies ? { status: 'qualified' } : { status: 'refused', reason_code: 'duplicate_referral' },
      );
    }
  });

  test('a link that was used before the end of another finds the friend taken', async () => {
    const first = await joinedBy(1);
    const second = await invitation();
    await sweep(isSwept, END);
    expect(await use(second, later(END, { hours: 1 }), later(END, { ms: -1 }))).toMatchObject({
      status: 'refused',
      reason_code: 'duplicate_referral',
    });
    expect(await found(first)).toMatchObject({ prompts_seen: 1 });
  });
});

test('a cancellation after the end changes nothing, whether or not a sweep has run', async () => {
  for (const isSwept of [false, true]) {
    const referral = await joinedBy(1);
    await sweep(isSwept, END);
    await expect(actOn(own.ledger, referral, 'cancel', END)).rejects.toMatchObject(
      refusal('already_resolved'),
    );
    expect(await found(referral)).toMatchObject({ status: 'expired', ended_at: END });
    const other = await joinedBy(1);
    expect(await actOn(own.ledger, other, 'cancel', later(END, { ms: -1 }))).toMatchObject({
      status: 'canceled',
    });
  }
});

describe('the first link used wins', () => {
  const second = later(LINK, { hours: 1 });
  const told = later(LINK, { hours: 2 });

  test('also when it is reported second, with the prompts since', async () => {
    const [early, late] = [await invitation(), await invitation()];
    await newcomer();
    expect(await use(late, second)).toMatchObject({ status: 'joined' });
    for (const id of ['a', 'b']) await sent(id, second);
    expect(await use(early, told, LINK)).toMatchObject({
      status: 'joined',
      joined_at: LINK,
      prompts_seen: 2,
    });
    expect(await found(late)).toMatchObject({
      status: 'refused',
      reason_code: 'duplicate_referral',
      friend_id: friend,
    });
    expect(await sent('c', told)).toMatchObject({ id: early.id, status: 'qualified' });
  });

  test('unless the friend has qualified by the other', async () => {
    const [early, late] = [await invitation(), await invitation()];
    await newcomer();
    await use(late, second);
    for (const id of ['a', 'b', 'c']) await sent(id, second);
    expect(await use(early, told, LINK)).toMatchObject({
      status: 'refused',
      reason_code: 'duplicate_referral',
    });
    expect(await found(late)).toMatchObject({ status: 'qualified' });
  });

  test('and one that is refused takes nobody away', async () => {
    const [early, late] = [await invitation(), await invitation()];
    people += 1;
    friend = `friend-${people}`;
    await dormantFriend(own.ledger, friend, ago({ days: 70 }));
    await prompt(own.ledger, friend, ago({ days: 61, hours: 23, minutes: 30 }));
    // 62 days and half an hour before the second link: away; less than 62 days before the first: not away.
    expect(await use(late, second)).toMatchObject({ status: 'joined' });
    expect(await use(early, told, LINK)).toMatchObject({ status: 'refused', reason_code: 'already_active' });
    expect(await found(late)).toMatchObject({ status: 'joined' });
  });

  test('though it was canceled since; one that was canceled before takes nobody', async () => {
    const [early, late] = [await invitation(), await invitation()];
    await newcomer();
    await use(early, LINK);
    await actOn(own.ledger, early, 'cancel', second);
    expect(await use(late, told, later(second, { ms: -1 }))).toMatchObject({
      reason_code: 'duplicate_referral',
    });
    const other = await invitation();
    expect(await use(other, told, second)).toMatchObject({ status: 'joined' });
  });

  test('of two used at one moment, the one reported first', async () => {
    const [one, other] = [await invitation(), await invitation()];
    await newcomer();
    await use(one, told, LINK);
    expect(await use(other, told, LINK)).toMatchObject({ reason_code: 'duplicate_referral' });
  });
});

describe('what an account’s owner reports after the link', () => {
  const told = later(LINK, { hours: 3 });
  async function comeback(): Promise<Referral> {
    const referral = await invitation();
    people += 1;
    friend = `friend-${people}`;
    await dormantFriend(own.ledger, friend, ago({ days: 70 }));
    expect(await use(referral, LINK)).toMatchObject({ status: 'joined' });
    return referral;
  }

  test.each([
    ['62 days', { days: 62 }, 'refused'],
    ['62 days and a millisecond', { days: 62, ms: 1 }, 'joined'],
    ['an hour and a millisecond', { hours: 1, ms: 1 }, 'refused'],
    ['an hour: the login through the link', { hours: 1 }, 'joined'],
    ['nothing', {}, 'joined'],
  ])('by last_active_at refuses as a login does: %s before the link', async (_words, by, status) => {
    const [said, logged] = [await comeback(), await comeback()];
    await login(own.ledger, friend, ago(by));
    expect(await found(logged)).toMatchObject({ status });
    friend = `friend-${people - 2}`;
    await put(friend, { last_active_at: ago(by) }, told);
    expect(await found(said)).toMatchObject(
      status === 'refused' ? { status, reason_code: 'already_active', ended_at: LINK } : { status },
    );
  });

  test('that the account is older shows that it was not new', async () => {
    const referral = await invitation();
    await newcomer();
    await use(referral, LINK);
    await put(friend, { created_at: ago({ days: 3 }) }, told);
    expect(await found(referral)).toMatchObject({ status: 'refused', reason_code: 'already_active' });
    const other = await invitation();
    await newcomer();
    await use(other, LINK);
    await put(friend, { created_at: ago({ days: 63 }) }, told);
    expect(await found(other)).toMatchObject({ status: 'joined' });
    await put(friend, { last_active_at: ago({ days: 3 }) }, told);
    expect(await found(other)).toMatchObject({ status: 'refused' });
  });

  test('does not touch who has qualified', async () => {
    const referral = await comeback();
    for (const id of ['a', 'b', 'c']) await sent(id, LINK);
    await put(friend, { last_active_at: ago({ days: 3 }) }, told);
    expect(await found(referral)).toMatchObject({ status: 'qualified' });
  });

  test.each([
    ['joined', 0, 'referrer', 'device:', 'same_device'],
    ['joined', 0, 'friend', 'card:', 'same_card'],
    ['qualified', 3, 'referrer', 'card:', 'same_card'],
    ['qualified', 3, 'friend', 'device:', 'same_device'],
  ])(
    'that both are one person counts until the reward: %s, told of the %s',
    async (_status, prompts, whose, mark, reason_code) => {
      const referral = await joinedBy(prompts);
      const fingerprints = [`${mark}${referral.id}`];
      const [first, then] = whose === 'referrer' ? [friend, referrer] : [referrer, friend];
      await put(first, { fingerprints }, told);
      expect(await found(referral)).toMatchObject({ reason_code: null });
      await put(then, { fingerprints }, told);
      expect(await found(referral)).toMatchObject({
        status: 'refused',
        reason_code,
        ended_at: told,
        rewards: [],
      });
    },
  );

  test('both sides at one moment are seen too, and an address that is the same', async () => {
    for (const fields of [{ fingerprints: ['device:both'] }, { email: 'both@example.com' }]) {
      const referral = await joinedBy(3);
      const more =
        'email' in fields
          ? { email: `${referral.id}@example.com` }
          : { fingerprints: [`device:${referral.id}`] };
      await Promise.all([put(friend, more, told), put(referrer, more, told)]);
      expect(await found(referral)).toMatchObject({
        status: 'refused',
        reason_code: 'email' in fields ? 'self_referral' : 'same_device',
      });
    }
  });

  test('no longer counts once the reward was given', async () => {
    const referral = await joinedBy(3);
    await own.ledger.rewardReferral(referral.id, told);
    const fingerprints = [`device:${referral.id}`];
    for (const one of [friend, referrer]) await put(one, { fingerprints }, told);
    expect(await found(referral)).toMatchObject({ status: 'rewarded' });
  });
});

test('nobody qualifies later than it was reported, by a clock that is ahead, nor is rewarded before', async () => {
  const referral = await joinedBy(2);
  const told = later(LINK, { hours: 3 });
  await sent('ahead', later(told, { minutes: 5 }), told);
  expect(await found(referral)).toMatchObject({ status: 'qualified', qualified_at: told });
  expect(await own.ledger.rewardReferral(referral.id, told)).toMatchObject({ rewarded_at: told });
});

test('an end counts on its own day, not on the sweep’s', async () => {
  const referral = await invitation({ at: later(START, { hours: 11 }) });
  await own.ledger.expireReferrals(later(END, { days: 2 }), 1_000);
  const end = later(END, { hours: 11 });
  expect(await found(referral)).toMatchObject({ status: 'expired', ended_at: end });
  const day = end.slice(0, 10);
  const report = await own.ledger.programReport({ program: 'codex-selective', from: day, to: day });
  expect(report.totals.expired).toBeGreaterThanOrEqual(1);
});
