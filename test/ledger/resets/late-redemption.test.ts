/** Automatic redemption that runs late: it acts at the last moment of the reset, by what was then. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountPut } from '../../../src/contracts/accounts/account.schema.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { bank, redeem, sweep, use } from '../../support/resets.ts';
import {
  later,
  newKey,
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

/** When the reset expires that each of them has, banked at START. */
const T = later(START, { days: 30 });
const LAST = later(T, { ms: -1 });
const at = (by: Parameters<typeof later>[1]) => later(T, by);

let people = 0;
/** Who has a reset that expires at T, unless told another moment, and automatic redemption on. */
async function person(put: Partial<AccountPut> = {}): Promise<string> {
  people += 1;
  const name = `late-${people}`;
  await seedAccount(ledger, name, { put: { auto_redeem: true, ...put } });
  await bank(ledger, name);
  return name;
}
/** When each reset was redeemed, and what it found used of the 5-hour window and of the week. */
async function redemptions(name: string): Promise<unknown[][]> {
  const rows = await own.sql(
    `SELECT effective_at, boon_code.credits(five_hour_used) AS five, boon_code.credits(weekly_used) AS week
     FROM boon.redemptions WHERE account_id = $1 ORDER BY effective_at`,
    [name],
  );
  return rows.map(({ effective_at, five, week }) => [(effective_at as Date).toISOString(), five, week]);
}
const statuses = async (name: string) =>
  (await ledger.listResets(name, at({ hours: 3 }))).data.map(({ source, status }) => `${source} ${status}`);
/** What is used of each window, and when it began. */
async function windows(name: string, moment = at({ hours: 3 })): Promise<unknown[][]> {
  const rows = await own.sql(
    `SELECT boon_code.credits(w.used) AS used, w.started_at FROM boon.usage_windows w
     WHERE w.account_id = $1 AND w.started_at + boon_code.window_length(w.kind) > $2 ORDER BY w.kind`,
    [name, moment],
  );
  return rows.map(({ used, started_at }) => [used, (started_at as Date).toISOString()]);
}
const lateRun = () => sweep(ledger, at({ hours: 3 }));

describe('automatic redemption that runs three hours late', () => {
  test('gives back the least there is, and does nothing where nothing was used', async () => {
    const [ada, bob] = [await person(), await person()];
    await use(ledger, ada, '0.000001', at({ hours: -6 }));
    await lateRun();
    expect(await redemptions(ada)).toEqual([[LAST, '0', '0.000001']]);
    expect(await redemptions(bob)).toEqual([]);
  });

  test('gives back what was used before the expiry, and leaves what was used after it', async () => {
    const ada = await person();
    await use(ledger, ada, '10', at({ hours: -1 }));
    await use(ledger, ada, '8', at({ hours: 1 }));
    await use(ledger, ada, '7', at({ hours: 2 }));
    expect(await lateRun()).toMatchObject({ redeemed: 1, expired: 0 });
    expect(await redemptions(ada)).toEqual([[LAST, '10', '10']]);
    expect(await windows(ada)).toEqual([
      ['15', LAST],
      ['15', at({ hours: -1 })],
    ]);
    expect(await use(ledger, ada, '2', at({ hours: 3, minutes: 1 }))).toMatchObject({
      five_hour: { used: '17' },
      weekly: { used: '17' },
    });
  });

  test.each([
    ['exactly at the last moment counts as before it', -1, [[LAST, '10', '10']], []],
    ['a millisecond after it does not count: nothing is there to give back', 0, [], ['10']],
  ])('a use %s', async (_, ms, redeemed, left) => {
    const ada = await person();
    await use(ledger, ada, '10', at({ ms }));
    await lateRun();
    expect(await redemptions(ada)).toEqual(redeemed);
    expect(await statuses(ada)).toEqual([redeemed.length > 0 ? 'grant redeemed' : 'grant expired']);
    expect((await windows(ada)).map(([used]) => used).filter((used) => used !== '0')).toEqual([
      ...left,
      ...left,
    ]);
  });

  test('leaves a window alone that was opened after the expiry', async () => {
    const ada = await person();
    await use(ledger, ada, '3', at({ hours: -6 }));
    await use(ledger, ada, '4', at({ hours: 2 }));
    await lateRun();
    expect(await redemptions(ada)).toEqual([[LAST, '0', '3']]);
    expect(await windows(ada)).toEqual([
      ['4', at({ hours: 2 })],
      ['4', at({ hours: -6 })],
    ]);
  });

  test('restores a window that has ended since, and what was used of it after the expiry stays used', async () => {
    const ada = await person();
    await use(ledger, ada, '3', at({ hours: -4 }));
    await use(ledger, ada, '2', at({ minutes: 30 }));
    await use(ledger, ada, '4', at({ hours: 2 }));
    await lateRun();
    expect(await redemptions(ada)).toEqual([[LAST, '3', '3']]);
    expect(await windows(ada)).toEqual([
      ['4', at({ hours: 2 })],
      ['6', at({ hours: -4 })],
    ]);
    const past = await own.sql(
      `SELECT boon_code.credits(used) AS used, ended_at FROM boon.past_windows WHERE account_id = $1 AND kind = 'five_hour' ORDER BY ended_at`,
      [ada],
    );
    expect(past).toEqual([
      { used: '3', ended_at: new Date(LAST) },
      { used: '2', ended_at: new Date(at({ hours: 1 })) },
    ]);
  });

  test('finds the windows of then weeks later too, and has no more kept once it has come', async () => {
    const ada = await person();
    await use(ledger, ada, '5', at({ hours: -1 }));
    for (const days of [8, 17, 26]) await use(ledger, ada, '1', at({ days }));
    await sweep(ledger, at({ days: 27 }));
    expect(await redemptions(ada)).toEqual([[LAST, '5', '5']]);
    await use(ledger, ada, '1', at({ days: 35 }));
    const kept =
      'SELECT max(ended_at) AS ended, count(*)::int FROM boon.past_windows WHERE account_id = $1 AND kind = $2';
    expect(await own.sql(kept, [ada, 'weekly'])).toEqual([{ ended: new Date(at({ days: 33 })), count: 1 }]);
  });

  test('finds what a redemption by hand after the expiry left', async () => {
    const ada = await person();
    await bank(ledger, ada, { at: later(START, { days: 1 }) });
    await use(ledger, ada, '5', at({ hours: -1 }));
    await use(ledger, ada, '6', at({ minutes: 30 }));
    await redeem(ledger, ada, { at: at({ hours: 1 }) });
    await use(ledger, ada, '7', at({ hours: 2 }));
    await lateRun();
    expect(await redemptions(ada)).toEqual([
      [LAST, '5', '5'],
      [at({ hours: 1 }), '11', '11'],
    ]);
    expect((await windows(ada)).map(([used]) => used)).toEqual(['7', '7']);
  });

  test('redeems two that expired one after the other, each for what was used since the one before', async () => {
    const ada = await person();
    await bank(ledger, ada, { at: later(START, { hours: 1 }) });
    await use(ledger, ada, '5', at({ hours: -1 }));
    await use(ledger, ada, '6', at({ minutes: 30 }));
    await use(ledger, ada, '7', at({ hours: 2 }));
    expect(await lateRun()).toMatchObject({ redeemed: 2, expired: 0 });
    expect(await redemptions(ada)).toEqual([
      [LAST, '5', '5'],
      [at({ hours: 1, ms: -1 }), '6', '6'],
    ]);
    expect((await windows(ada)).map(([used]) => used)).toEqual(['7', '7']);
  });

  test('redeems one of two that expired at one moment', async () => {
    const ada = await person();
    await bank(ledger, ada);
    await use(ledger, ada, '5', at({ hours: -1 }));
    await use(ledger, ada, '6', at({ minutes: 30 }));
    expect(await lateRun()).toMatchObject({ redeemed: 1, expired: 1 });
    expect((await windows(ada)).map(([used]) => used)).toEqual(['6', '6']);
  });

  test('gives back a use of before the expiry that was reported after a window had been opened, for which it counts in that one', async () => {
    const ada = await person();
    await use(ledger, ada, '6', at({ minutes: 13 }));
    const late = { account_id: ada, product: 'codex', units: '9', id: newKey('use') };
    await ledger.use({ ...late, at: at({ hours: -2 }), now: at({ hours: 1 }) });
    expect(await lateRun()).toMatchObject({ redeemed: 1, expired: 0 });
    expect(await redemptions(ada)).toEqual([[LAST, '9', '9']]);
    // What was used since the expiry stays in the window that it opened, which is not moved back.
    const opened = [
      ['6', at({ minutes: 13 })],
      ['6', at({ minutes: 13 })],
    ];
    expect(await windows(ada)).toEqual(opened);
    expect(await statuses(ada)).toEqual(['grant redeemed']);
    // A use of before the redemption that is reported even later changes nothing of what is left.
    await ledger.use({ ...late, id: newKey('use'), at: at({ hours: -1 }), now: at({ hours: 4 }) });
    expect(await windows(ada)).toEqual(opened);
  });

  test('counts a use that is reported even later in the window of its moment', async () => {
    const ada = await person();
    const tell = (units: string, moment: string) =>
      ledger.use({
        account_id: ada,
        product: 'codex',
        units,
        id: newKey('use'),
        at: moment,
        now: at({ hours: 4 }),
      });
    await use(ledger, ada, '10', at({ hours: -1 }));
    await use(ledger, ada, '1', at({ hours: 1 }));
    await lateRun();
    await tell('2', at({ minutes: -30 }));
    await tell('3', at({ minutes: 30 }));
    expect((await windows(ada)).map(([used]) => used)).toEqual(['4', '4']);
    const of = async (moment: string) =>
      (
        await own.sql(`SELECT boon_code.credits(used) AS used FROM boon_code.window_at($1, 'weekly', $2)`, [
          ada,
          moment,
        ])
      )[0]?.used;
    expect([await of(at({ ms: -2 })), await of(at({ minutes: 45 })), await of(at({ hours: 2 }))]).toEqual([
      '12',
      '3',
      '4',
    ]);
  });

  test.each([false, true])(
    'gives back what was reported late of a time before the window began in which it counts (the date moves: %s)',
    async (moves) => {
      await ledger.usePolicy(policyWith({ resets: { moves_weekly_date: moves } }), START);
      const ada = await person();
      await use(ledger, ada, '10', at({ hours: 1 }));
      await ledger.use({
        account_id: ada,
        product: 'codex',
        units: '2',
        id: newKey('use'),
        at: at({ hours: -1 }),
        now: at({ hours: 2 }),
      });
      expect(await windows(ada)).toEqual([
        ['12', at({ hours: 1 })],
        ['12', at({ hours: 1 })],
      ]);
      expect(await lateRun()).toMatchObject({ redeemed: 1, expired: 0 });
      await ledger.usePolicy(policyWith(), START);
      expect(await redemptions(ada)).toEqual([[LAST, '2', '2']]);
      expect(await windows(ada)).toEqual([
        ['10', at({ hours: 1 })],
        ['10', at({ hours: 1 })],
      ]);
      const [told] = await own.sql(
        'SELECT five_hour_started_at AS five, weekly_started_at AS week FROM boon.redemptions WHERE account_id = $1',
        [ada],
      );
      expect(told).toEqual({ five: new Date(at({ hours: -1 })), week: new Date(at({ hours: -1 })) });
      expect((await ledger.verify()).violations).toEqual([]);
    },
  );

  test('leaves what a clock that lags behind used in 5 hours that began at the expiry', async () => {
    const ada = await person();
    await use(ledger, ada, '3', at({ hours: -6 }));
    await use(ledger, ada, '1', T);
    await use(ledger, ada, '2', at({ ms: -1_000 }));
    await lateRun();
    expect(await redemptions(ada)).toEqual([[LAST, '0', '5']]);
    expect(await windows(ada)).toEqual([
      ['3', T],
      ['1', at({ hours: -6 })],
    ]);
    expect((await ledger.verify()).violations).toEqual([]);
  });

  test('still knows what was used then after weeks in which nothing ran, and new windows began', async () => {
    const ada = await person();
    await use(ledger, ada, '3', at({ hours: -4 }));
    for (const days of [4, 8, 16, 24]) await use(ledger, ada, '1', at({ days }));
    expect(await sweep(ledger, at({ days: 24 }))).toMatchObject({ redeemed: 1, expired: 0 });
    expect(await redemptions(ada)).toEqual([[LAST, '3', '3']]);
    const known = `SELECT count(*)::int AS n FROM boon.past_windows WHERE account_id = $1`;
    await use(ledger, ada, '1', at({ days: 40 }));
    expect(await own.sql(known, [ada])).toEqual([{ n: 2 }]);
  });

  test('redeems the second of two at the moment of the first, for what a clock ahead has used since', async () => {
    const ada = await person();
    await bank(ledger, ada);
    const run = async () => (await ledger.redeemExpiringResets(LAST, 100)).redeemed;
    await use(ledger, ada, '3', at({ minutes: -10 }));
    expect(await run()).toBe(1);
    await use(ledger, ada, '5', at({ seconds: 1 }));
    expect(await run()).toBe(1);
    expect((await redemptions(ada)).toSorted()).toEqual([
      [LAST, '3', '3'],
      [LAST, '5', '5'],
    ]);
    expect((await ledger.verify()).violations).toEqual([]);
  });

  test('waits with a window that a clock ahead opened, and finds it in the next run', async () => {
    const ada = await person();
    await use(ledger, ada, '3', at({ minutes: -9 }));
    const run = async (ms: number) =>
      (await ledger.redeemExpiringResets(at({ minutes: -9, ms }), 100)).redeemed;
    expect([await run(-1), await run(0)]).toEqual([0, 1]);
  });

  test('acts on a window once more where another reset expired before', async () => {
    const ada = await person();
    await use(ledger, ada, '1', at({ hours: -2 }));
    await use(ledger, ada, '2', at({ hours: 1 }));
    await lateRun();
    // It was banked late, under a shorter validity, and expired before the run, after the other.
    await ledger.usePolicy(policyWith({ resets: { valid_for: 'P1D' } }), START);
    await bank(ledger, ada, { at: later(T, { hours: 2, days: -1 }) });
    await ledger.usePolicy(policyWith(), START);
    await use(ledger, ada, '4', at({ hours: 3 }));
    await sweep(ledger, at({ hours: 4 }));
    expect(await redemptions(ada)).toEqual([
      [LAST, '1', '1'],
      [at({ hours: 2, ms: -1 }), '2', '2'],
    ]);
    expect((await windows(ada)).map(([used]) => used)).toEqual(['4', '4']);
  });
});

describe('what the account was at the last moment decides', () => {
  const changes: [string, Partial<AccountPut>, Partial<AccountPut>, 'redeemed' | 'expired'][] = [
    ['switched on after the expiry', { auto_redeem: false }, { auto_redeem: true }, 'expired'],
    ['switched off after the expiry', { auto_redeem: true }, { auto_redeem: false }, 'redeemed'],
    ['frozen after the expiry', { status: 'active' }, { status: 'frozen' }, 'redeemed'],
    ['no longer frozen after the expiry', { status: 'frozen' }, { status: 'active' }, 'expired'],
    ['closed after the expiry', { status: 'active' }, { status: 'closed' }, 'expired'],
    ['of another plan after the expiry', { plan: 'plus' }, { plan: 'pro' }, 'redeemed'],
  ];
  test.each(changes)('%s', async (_, before, after, outcome) => {
    const ada = await person();
    await use(ledger, ada, '1', at({ hours: -2 }));
    await ledger.putAccount(ada, { plan: 'plus', ...before }, at({ hours: -1 }));
    await ledger.putAccount(ada, { plan: 'plus', ...after }, at({ hours: 1 }));
    await lateRun();
    expect(await statuses(ada)).toEqual([`grant ${outcome}`]);
  });
});

describe('a reset that is redeemed late comes back', () => {
  test('when the weekly window ended by itself within 24 hours of its last moment', async () => {
    const ada = await person();
    await use(ledger, ada, '3', at({ days: -7, hours: 1 }));
    await use(ledger, ada, '1', at({ hours: -1 }));
    expect(await lateRun()).toMatchObject({ redeemed: 1, returned: 1 });
    expect(await redemptions(ada)).toEqual([[LAST, '1', '4']]);
    expect(await statuses(ada)).toEqual(['return available', 'grant redeemed']);
  });
});

describe('verify notices', () => {
  const damages: [string, string, string, string][] = [
    [
      'a redemption that gave back more than was used by then',
      'a redemption spent its reset on something, and restored both windows',
      'UPDATE boon.redemptions SET five_hour_used = five_hour_used + $2 WHERE account_id = $1',
      'boon.redemptions',
    ],
    [
      'a window that lost what went over to another',
      'windows have used what the plan paid since they began',
      'UPDATE boon.usage_windows SET used = used - $2 WHERE account_id = $1',
      'boon.usage_windows',
    ],
    [
      'a split that says something else went over',
      'each use found the windows as the one before it left them',
      'UPDATE boon.window_splits SET moved = moved - $2 WHERE account_id = $1',
      'boon.window_splits',
    ],
  ];
  test.each(damages)('%s', async (_, invariant, damage, table) => {
    const ada = await person();
    await use(ledger, ada, '10', at({ hours: -1 }));
    await use(ledger, ada, '8', at({ hours: 1 }));
    await lateRun();
    await use(ledger, ada, '1', at({ hours: 3 }));
    const change = async (by: number) => {
      await own.sql(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
      await own.sql(damage, [ada, by]);
      await own.sql(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    };
    await change(1);
    const { violations } = await ledger.verify();
    expect(violations.map((violation) => violation.invariant)).toContain(invariant);
    expect(violations.every(({ detail }) => detail.includes(ada))).toBe(true);
    await change(-1);
  });

  test('a reset that expired though it was to be redeemed', async () => {
    const ada = await person();
    await use(ledger, ada, '10', at({ hours: -1 }));
    const [reset] = (await ledger.listResets(ada, START)).data;
    await own.sql('UPDATE boon.accounts SET auto_redeem = false WHERE id = $1', [ada]);
    await ledger.expireResets(at({ ms: 0 }), 100);
    await own.sql('UPDATE boon.accounts SET auto_redeem = true WHERE id = $1', [ada]);
    const { violations } = await ledger.verify();
    expect(violations.map(({ detail }) => detail)).toContain(
      `reset ${reset?.id} expired, and was to be redeemed: 10000000 was used`,
    );
    await own.sql(`UPDATE boon.accounts SET updated_at = $2 WHERE id = $1`, [ada, at({ hours: 1 })]);
  });
});
