import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { outcomes, refusal } from '../../support/gifts.ts';
import { actOn, dormantFriend, invite, join, login, newFriend, prompt } from '../../support/referrals.ts';
import {
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

const COHORT = { cohorts: ['codex-selective'] };
/** When the link is used: a day after the invitation. */
const LINK = later(START, { days: 1 });

let own: TestLedger;
let people = 0;
let friend = '';
let invited: Referral;

beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

/** A referrer of its own for each test, with an open invitation. */
async function invitation(put: object = {}, more: Parameters<typeof invite>[2] = {}): Promise<Referral> {
  people += 1;
  friend = `friend-${people}`;
  await seedAccount(own.ledger, `referrer-${people}`, { put: { ...COHORT, ...put } });
  invited = await invite(own.ledger, `referrer-${people}`, more);
  return invited;
}
const use = (at: string = LINK, more: Parameters<typeof join>[4] = {}) =>
  join(own.ledger, invited, friend, at, more);
const ago = (by: Parameters<typeof later>[1]) =>
  later(LINK, Object.fromEntries(Object.entries(by).map(([unit, n]) => [unit, -n])));

describe('a friend who has an account', () => {
  test.each([
    ['exactly 62 days', { days: 62 }, 'refused'],
    ['62 days and a second', { days: 62, seconds: 1 }, 'joined'],
    ['62 days and a millisecond', { days: 62, ms: 1 }, 'joined'],
    ['62 days less a second', { days: 62, seconds: -1 }, 'refused'],
    ['63 days', { days: 63 }, 'joined'],
  ])('and was away for %s', async (_words, by, status) => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago(by));
    expect(await use()).toMatchObject(
      status === 'joined'
        ? { status, joined_at: LINK }
        : { status, reason_code: 'already_active', joined_at: null },
    );
  });

  test.each([
    ['62 days', { days: 62 }, 'refused'],
    ['62 days and a second', { days: 62, seconds: 1 }, 'joined'],
  ])('whose last prompt is %s ago', async (_words, by, status) => {
    await invitation();
    await dormantFriend(own.ledger, friend, null);
    await prompt(own.ledger, friend, ago(by));
    expect(await use()).toMatchObject({ status });
  });

  test('and was never active counts from the day the account was made', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, null, { created_at: ago({ days: 62 }) });
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'already_active' });
    await invitation();
    await dormantFriend(own.ledger, friend, null, { created_at: ago({ days: 62, seconds: 1 }) });
    expect(await use()).toMatchObject({ status: 'joined' });
  });

  test('is told so to the referrer, but not when it was active, and nothing before the link was used', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 2 }));
    expect(await own.ledger.findReferral(invited.id)).toMatchObject({
      status: 'invited',
      reason_code: null,
      detail: null,
    });
    expect((await use()).detail).toBe(
      'The friend has an account and was active before the link was used; only one who has been away for more than 62 days counts.',
    );
  });
});

describe('the friend’s own login through the link', () => {
  test.each([
    ['before the link', [{ minutes: 1 }]],
    ['at the moment of the link', [{ seconds: 0 }]],
    ['an hour before the link', [{ hours: 1 }]],
    ['again and again within the hour', [{ minutes: 50 }, { minutes: 20 }, { minutes: 1 }, { minutes: 35 }]],
  ])('does not refresh the dormancy: %s', async (_words, logins) => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 63 }));
    for (const by of logins) await login(own.ledger, friend, ago(by));
    expect(await use()).toMatchObject({ status: 'joined' });
  });

  test('does not refresh it when it is reported after the link', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 63 }));
    await use();
    expect(await login(own.ledger, friend, ago({ hours: 1 }))).toBeUndefined();
    expect(await own.ledger.findReferral(invited.id)).toMatchObject({ status: 'joined' });
  });

  test('does not refresh it when the account’s owner reports it by last_active_at', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 63 }));
    await own.ledger.putAccount(friend, { plan: 'free', last_active_at: ago({ minutes: 5 }) }, LINK);
    await own.ledger.putAccount(friend, { plan: 'free', last_active_at: LINK }, LINK);
    expect(await use()).toMatchObject({ status: 'joined' });
  });

  test('does not hide an activity before it', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 62 }));
    await login(own.ledger, friend, ago({ minutes: 1 }));
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'already_active' });
  });

  test('is none when it is more than an hour before the link', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 63 }));
    await login(own.ledger, friend, ago({ hours: 1, ms: 1 }));
    await login(own.ledger, friend, ago({ minutes: 10 }));
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'already_active' });
  });

  test('is none when it is a prompt', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 63 }));
    await prompt(own.ledger, friend, ago({ minutes: 10 }));
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'already_active' });
  });
});

describe('activity from before the link that is reported late', () => {
  test.each([
    ['a prompt within the 62 days', 'prompt', { days: 62 }, 'refused'],
    ['a login within the 62 days', 'login', { days: 3 }, 'refused'],
    ['a prompt of longer ago', 'prompt', { days: 62, seconds: 1 }, 'joined'],
  ] as const)(
    'refuses a friend who was not away, or changes nothing: %s',
    async (_words, kind, by, status) => {
      await invitation();
      await dormantFriend(own.ledger, friend, ago({ days: 70 }));
      await use();
      const changed = await prompt(own.ledger, friend, ago(by), { kind });
      expect(changed?.status).toBe(status === 'refused' ? 'refused' : undefined);
      expect(await own.ledger.findReferral(invited.id)).toMatchObject({ status });
    },
  );

  test('does not touch a friend who was new', async () => {
    await invitation();
    await newFriend(own.ledger, friend, later(START, { hours: 1 }));
    await use();
    expect(await prompt(own.ledger, friend, ago({ hours: 2 }))).toBeUndefined();
    expect(await own.ledger.findReferral(invited.id)).toMatchObject({ status: 'joined', prompts_seen: 0 });
  });

  test('does not touch a friend who has qualified', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 70 }));
    await use();
    for (const hours of [1, 2, 3]) await prompt(own.ledger, friend, later(LINK, { hours }));
    expect(await prompt(own.ledger, friend, ago({ days: 2 }))).toBeUndefined();
    expect(await own.ledger.findReferral(invited.id)).toMatchObject({ status: 'qualified' });
  });
});

describe('a new account', () => {
  test.each([
    ['made when the invitation was sent', START, 'joined'],
    ['made a millisecond before the invitation', later(START, { ms: -1 }), 'refused'],
    ['made after the link was used', later(LINK, { seconds: 1 }), 'joined'],
  ])('%s', async (_words, created, status) => {
    await invitation();
    await newFriend(own.ledger, friend, created);
    expect(await use()).toMatchObject({ status });
  });

  test('that was made within the hour before the link is new even if the invitation is younger', async () => {
    await invitation();
    await newFriend(own.ledger, friend, later(START, { minutes: -55 }));
    expect(await use(later(START, { minutes: 5 }))).toMatchObject({ status: 'joined' });
  });

  test('of the free plan will do', async () => {
    await invitation();
    await newFriend(own.ledger, friend, LINK, { plan: 'free' });
    expect(await use()).toMatchObject({ status: 'joined' });
  });
});

describe('a link is refused', () => {
  const put = (fields: Parameters<typeof newFriend>[3]) => newFriend(own.ledger, friend, LINK, fields);

  test.each([
    ['same_device', ['device:1', 'card:1'], ['device:1', 'card:1']],
    ['same_card', ['device:1', 'card:1'], ['device:2', 'card:1']],
    ['same_device', ['browser-77'], ['browser-77']],
  ])('as %s', async (reason_code, theirs, his) => {
    await invitation({ fingerprints: theirs });
    await put({ fingerprints: his });
    expect(await use()).toMatchObject({ status: 'refused', reason_code, friend_id: friend });
  });

  test('as self_referral when the referrer uses it, by this account or another with the same address', async () => {
    await invitation({ email: 'Ann@example.com' });
    await put({ email: 'ann@example.com' });
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'self_referral' });
    const own_link = await invitation();
    expect(await join(own.ledger, own_link, own_link.referrer_id, LINK)).toMatchObject({
      status: 'refused',
      reason_code: 'self_referral',
      friend_id: null,
    });
  });

  test('as disposable_address when the friend’s account has such an address', async () => {
    await invitation();
    await put({ email: 'someone@mailinator.com' });
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'disposable_address' });
  });

  test('as account_frozen when the friend’s account is', async () => {
    await invitation();
    await put({ status: 'frozen' });
    expect(await use()).toMatchObject({ status: 'refused', reason_code: 'account_frozen' });
  });

  test('as program_closed from the program’s end on, to the millisecond', async () => {
    const pilot = { program: 'codex-pilot', at: '2026-06-24T12:00:00.000Z' };
    await invitation({}, pilot);
    await newFriend(own.ledger, friend, '2026-06-24T13:00:00.000Z');
    expect(await use('2026-06-25T00:00:00.000Z')).toMatchObject({
      status: 'refused',
      reason_code: 'program_closed',
    });
    await invitation({}, pilot);
    await newFriend(own.ledger, friend, '2026-06-24T13:00:00.000Z');
    expect(await use('2026-06-24T23:59:59.999Z')).toMatchObject({ status: 'joined' });
  });

  test('no longer for the referrer’s plan and cohort: they were judged at the invitation', async () => {
    await invitation();
    await own.ledger.putAccount(invited.referrer_id, { plan: 'free', cohorts: [] }, START);
    await put({});
    expect(await use()).toMatchObject({ status: 'joined' });
  });
});

describe('a link', () => {
  test('works until the invitation expires, and not at that moment', async () => {
    const expires = later(START, { days: 30 });
    await invitation();
    await newFriend(own.ledger, friend, LINK);
    expect(await use(later(expires, { ms: -1 }))).toMatchObject({ status: 'joined' });
    await invitation();
    await newFriend(own.ledger, friend, LINK);
    await expect(use(expires)).rejects.toMatchObject(refusal('claim_expired'));
    expect(await own.ledger.findReferral(invited.id)).toMatchObject({
      status: 'expired',
      reason_code: 'not_used_in_time',
    });
  });

  test('works once: the same friend is told the same, another that it is used', async () => {
    await invitation();
    await newFriend(own.ledger, friend, LINK);
    await use();
    expect(await use(later(LINK, { hours: 1 }))).toMatchObject({ status: 'joined', joined_at: LINK });
    await newFriend(own.ledger, 'somebody', LINK);
    await expect(join(own.ledger, invited, 'somebody', LINK)).rejects.toMatchObject(refusal('claim_invalid'));
  });

  test('does not work with another token, nor after the invitation was taken back', async () => {
    await invitation();
    await newFriend(own.ledger, friend, LINK);
    const { token } = (await own.ledger.referralAddresses([invited.id])).get(invited.id) ?? {};
    await expect(use(LINK, { token: 'another' })).rejects.toMatchObject(refusal('claim_invalid'));
    expect(await use(LINK, { token })).toMatchObject({ status: 'joined' });
    expect((await own.ledger.referralAddresses([invited.id])).get(invited.id)?.token).toBeUndefined();
    await invitation();
    await newFriend(own.ledger, friend, LINK);
    await actOn(own.ledger, invited, 'cancel', START);
    await expect(use()).rejects.toMatchObject(refusal('claim_invalid'));
  });

  test('may be reported later, with the time of its use', async () => {
    await invitation();
    await dormantFriend(own.ledger, friend, ago({ days: 63 }));
    await prompt(own.ledger, friend, later(LINK, { minutes: 1 }));
    expect(await use(later(LINK, { hours: 5 }), { used_at: LINK })).toMatchObject({
      status: 'joined',
      joined_at: LINK,
      prompts_seen: 1,
    });
    await invitation();
    for (const used_at of [later(START, { ms: -1 }), later(LINK, { ms: 1 })]) {
      await newFriend(own.ledger, friend, LINK);
      await expect(use(LINK, { used_at })).rejects.toMatchObject(refusal('validation_failed'));
    }
  });

  test('is reported 22 hours later at most, so that no later login hides the last one before the link', async () => {
    const late = later(LINK, { hours: 22 });
    await invitation();
    await dormantFriend(own.ledger, friend, null);
    await login(own.ledger, friend, ago({ days: 30 }));
    await login(own.ledger, friend, ago({ hours: 1 }));
    // The friend's clock is five minutes ahead.
    await login(own.ledger, friend, later(late, { minutes: 5 }));
    await expect(use(later(late, { ms: 1 }), { used_at: LINK })).rejects.toMatchObject({
      ...refusal('validation_failed'),
      errors: [
        { path: 'used_at', message: 'must lie between the invitation and now, and in the last 22 hours' },
      ],
    });
    expect(await use(late, { used_at: LINK })).toMatchObject({
      status: 'refused',
      reason_code: 'already_active',
    });
  });

  test('answers a repeated call with what it answered before', async () => {
    await invitation();
    await newFriend(own.ledger, friend, LINK);
    const request = { key: newKey('link'), referral_id: invited.id, account_id: friend, at: LINK };
    const first = await own.ledger.useLink(request);
    await prompt(own.ledger, friend, later(LINK, { hours: 1 }));
    expect(await own.ledger.useLink(request)).toEqual({ ...first, replayed: true });
    await expect(own.ledger.useLink({ ...request, account_id: 'somebody' })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
  });

  test('is not found for a referral or an account that is not there', async () => {
    await invitation();
    await expect(use()).rejects.toMatchObject(refusal('not_found'));
    await expect(join(own.ledger, { id: 'ref_none' }, invited.referrer_id, LINK)).rejects.toMatchObject(
      refusal('not_found'),
    );
  });
});

describe('two referrers and one friend', () => {
  test('both invitations stand; the friend belongs to the first link used', async () => {
    const first = await invitation({}, { email: 'both@example.com' });
    const second = await invitation({}, { email: 'both@example.com' });
    await newFriend(own.ledger, friend, LINK);
    expect(await join(own.ledger, second, friend, LINK)).toMatchObject({ status: 'joined' });
    expect(await join(own.ledger, first, friend, later(LINK, { seconds: 1 }))).toMatchObject({
      status: 'refused',
      reason_code: 'duplicate_referral',
    });
  });

  test('never two of them, however many links are used at one moment', async () => {
    const referrals = [];
    for (let n = 0; n < 12; n++) referrals.push(await invitation());
    const one = friend;
    await newFriend(own.ledger, one, LINK);
    const { values } = await outcomes(referrals.map((referral) => join(own.ledger, referral, one, LINK)));
    expect(values.filter(({ status }) => status === 'joined')).toHaveLength(1);
    expect(values.filter(({ reason_code }) => reason_code === 'duplicate_referral')).toHaveLength(11);
  });

  test('a friend whose referral ended before they had qualified may use another', async () => {
    const first = await invitation();
    const second = await invitation();
    await newFriend(own.ledger, friend, LINK);
    await join(own.ledger, first, friend, LINK);
    await actOn(own.ledger, first, 'cancel', LINK);
    expect(await join(own.ledger, second, friend, LINK)).toMatchObject({ status: 'joined' });
  });
});
