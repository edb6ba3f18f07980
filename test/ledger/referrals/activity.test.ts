import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { runs } from '../../support/effort.ts';
import { refusal } from '../../support/gifts.ts';
import { invite, join, login, newFriend, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

const LINK = later(START, { days: 1 });

let own: TestLedger;
let friend = '';
let people = 0;
let joined: Referral;

beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

/** A friend who has joined a program of three prompts at LINK. */
async function joinedFriend(): Promise<void> {
  people += 1;
  friend = `friend-${people}`;
  await seedAccount(own.ledger, `referrer-${people}`, { put: { cohorts: ['codex-selective'] } });
  await newFriend(own.ledger, friend, START);
  joined = await join(own.ledger, await invite(own.ledger, `referrer-${people}`), friend, LINK);
}
const sent = (id: string, at: string) =>
  own.ledger.recordActivity({ id, account_id: friend, kind: 'prompt', at });
const found = () => own.ledger.findReferral(joined.id);

describe('prompts of a friend who has joined', () => {
  test('qualify at the program’s number, and change nothing beyond it', async () => {
    await joinedFriend();
    expect(await sent('a', later(LINK, { hours: 1 }))).toMatchObject({ status: 'joined', prompts_seen: 1 });
    expect(await sent('b', later(LINK, { hours: 2 }))).toMatchObject({
      prompts_seen: 2,
      next_step: 'The friend has sent 2 of 3 prompts; the rest must follow by 2026-04-09T12:00:00Z.',
    });
    expect(await sent('c', later(LINK, { hours: 3 }))).toMatchObject({
      status: 'qualified',
      prompts_seen: 3,
      qualified_at: later(LINK, { hours: 3 }),
      next_step: 'The reward is on its way.',
    });
    expect(await sent('d', later(LINK, { hours: 4 }))).toBeUndefined();
    expect(await found()).toMatchObject({ prompts_seen: 3 });
  });

  test('count once by their id, also the same one fifty times at once', async () => {
    await joinedFriend();
    const at = later(LINK, { hours: 1 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => sent('same', at)));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
    expect(await found()).toMatchObject({ status: 'joined', prompts_seen: 1 });
  });

  test('count in any order, and the last of them says when it qualified', async () => {
    await joinedFriend();
    for (const hours of [9, 1, 5]) await sent(`at-${hours}`, later(LINK, { hours }));
    expect(await found()).toMatchObject({ status: 'qualified', qualified_at: later(LINK, { hours: 9 }) });
  });

  test('do not qualify by many logins', async () => {
    await joinedFriend();
    for (let n = 0; n < 5; n++)
      expect(await login(own.ledger, friend, later(LINK, { hours: n }))).toBeUndefined();
    expect(await found()).toMatchObject({ status: 'joined', prompts_seen: 0 });
  });

  test('count from the moment of the link to before the invitation’s end', async () => {
    await joinedFriend();
    const end = later(START, { days: 30 });
    expect(await sent('before', later(LINK, { ms: -1 }))).toBeUndefined();
    expect(await sent('at', LINK)).toMatchObject({ prompts_seen: 1 });
    expect(await sent('end', end)).toBeUndefined();
    expect(await sent('last', later(end, { ms: -1 }))).toMatchObject({ prompts_seen: 2 });
  });

  test('that are reported before the link, but came after it, count once each when it is reported', async () => {
    await joinedFriend();
    people += 1;
    friend = `early-${people}`;
    await newFriend(own.ledger, friend, START);
    const referral = await invite(own.ledger, `referrer-${people - 1}`);
    await sent('before', later(LINK, { ms: -1 }));
    await sent('first', LINK);
    await sent('first', LINK);
    await sent('second', later(LINK, { minutes: 1 }));
    const late = later(LINK, { hours: 1 });
    expect(await join(own.ledger, referral, friend, late, { used_at: LINK })).toMatchObject({
      status: 'joined',
      prompts_seen: 2,
    });
    expect(await sent('second', later(LINK, { minutes: 1 }))).toBeUndefined();
    expect(await sent('third', late)).toMatchObject({ status: 'qualified' });
  });

  test('qualify at once when enough of them were reported before the link', async () => {
    await joinedFriend();
    people += 1;
    friend = `early-${people}`;
    await newFriend(own.ledger, friend, START);
    const referral = await invite(own.ledger, `referrer-${people - 1}`);
    for (const minutes of [1, 2, 3, 4]) await sent(`p${minutes}`, later(LINK, { minutes }));
    expect(
      await join(own.ledger, referral, friend, later(LINK, { hours: 1 }), { used_at: LINK }),
    ).toMatchObject({
      status: 'qualified',
      prompts_seen: 3,
    });
  });

  test('are neither lost nor doubled when link and prompts come at one moment', async () => {
    for (let round = 0; round < 10; round++) {
      await joinedFriend();
      people += 1;
      friend = `racing-${people}`;
      await newFriend(own.ledger, friend, START);
      const referral = await invite(own.ledger, `referrer-${people - 1}`);
      await Promise.all([
        sent('one', LINK),
        join(own.ledger, referral, friend, LINK),
        sent('two', later(LINK, { seconds: 1 })),
        sent('one', LINK),
      ]);
      expect(await own.ledger.findReferral(referral.id)).toMatchObject({ prompts_seen: 2 });
    }
  });
});

describe('activity of an account without an open referral', () => {
  test('leaves one row, no event and no key', async () => {
    people += 1;
    await newFriend(own.ledger, `plain-${people}`, START);
    const count = async () => {
      const [row] = await own.sql(
        'SELECT (SELECT count(*) FROM boon.events)::int AS events, (SELECT count(*) FROM boon.idempotency_keys)::int AS keys',
      );
      return row;
    };
    const before = await count();
    for (let n = 0; n < 40; n++)
      expect(await prompt(own.ledger, `plain-${people}`, later(START, { minutes: n }))).toBeUndefined();
    expect(await count()).toEqual(before);
    const rows = await own.sql(
      'SELECT cardinality(prompts) AS prompts, prompts_before_at FROM boon.account_activity WHERE account_id = $1',
      [`plain-${people}`],
    );
    expect(rows).toEqual([{ prompts: 16, prompts_before_at: new Date(later(START, { minutes: 23 })) }]);
  });

  test('is not found for an account that is not there, and its neighbours are noted', async () => {
    people += 1;
    await newFriend(own.ledger, `plain-${people}`, START);
    const answers = await Promise.allSettled([
      prompt(own.ledger, 'nobody', START),
      prompt(own.ledger, `plain-${people}`, START),
      login(own.ledger, 'nobody', START),
    ]);
    expect(answers).toMatchObject([
      { status: 'rejected', reason: refusal('not_found') },
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: refusal('not_found') },
    ]);
    expect(
      await own.sql('SELECT count(*)::int AS n FROM boon.account_activity WHERE account_id = $1', [
        `plain-${people}`,
      ]),
    ).toEqual([{ n: 1 }]);
  });
});

test('the row of an account knows its last activity before a link as its whole history would', async () => {
  const DAY = 86_400_000;
  const link = Date.parse(LINK);
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom('login' as const, 'prompt' as const),
      // Around the borders that matter: the link, its hour of grace, days before it.
      ago: fc.oneof(
        fc.integer({ min: 0, max: 7_200_000 }),
        fc.constantFrom(0, 1, 3_600_000, 3_600_001, 3_599_999),
        fc.integer({ min: 2 * DAY, max: 80 * DAY }),
      ),
    }),
    { minLength: 1, maxLength: 14 },
  );
  await fc.assert(
    fc.asyncProperty(events, async (history) => {
      people += 1;
      const account = `history-${people}`;
      await newFriend(own.ledger, account, '2020-01-01T00:00:00.000Z');
      for (const { kind, ago } of history)
        await prompt(own.ledger, account, new Date(link - ago).toISOString(), { kind });
      const before = history.filter(({ kind, ago }) => (kind === 'prompt' ? ago > 0 : ago > 3_600_000));
      const last =
        before.length === 0
          ? '2020-01-01T00:00:00.000Z'
          : new Date(link - Math.min(...before.map(({ ago }) => ago))).toISOString();
      const [row] = await own.sql(
        `SELECT boon_code.last_activity_before(a, b, $2, 'PT1H') AS at FROM boon.accounts a JOIN boon.account_activity b ON b.account_id = a.id WHERE a.id = $1`,
        [account, LINK],
      );
      // What a session hides behind the beginning of the grace is less than a day and the grace long.
      const hidden = Math.abs(Number(row?.at) - Date.parse(last));
      expect(hidden).toBeLessThanOrEqual(Number(row?.at) > link - DAY - 3_600_001 ? DAY : 0);
    }),
    { numRuns: runs(60) },
  );
});

test('logins a day apart are one session, a millisecond more makes two, in whichever order they come', async () => {
  const first = later(START, { days: 1 });
  const session = async (logins: string[]) => {
    const noted = logins.reduce((before, _, n) => `boon_code.note_login(${before}, $${n + 1})`, 'NULL');
    const [row] = await own.sql(
      `SELECT (l).session_at, (l).before_session_at FROM (SELECT ${noted} AS l) x`,
      logins,
    );
    return [row?.session_at, row?.before_session_at];
  };
  for (const [second, begins, before] of [
    [later(START, { days: 2 }), new Date(first), null],
    [later(START, { days: 2, ms: 1 }), new Date(later(START, { days: 2, ms: 1 })), new Date(first)],
  ] as const) {
    expect(await session([first, second])).toEqual([begins, before]);
    expect(await session([second, first])).toEqual([begins, before]);
  }
});
