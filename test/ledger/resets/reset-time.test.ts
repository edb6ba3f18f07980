import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { grant } from '../../support/gifts.ts';
import { bank, bankedCount, redeem, sweep, use } from '../../support/resets.ts';
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

const at = (by: Parameters<typeof later>[1], from = START) => later(from, by);
let people = 0;
async function person(put: { auto_redeem?: boolean; email?: string } = {}): Promise<string> {
  people += 1;
  const name = `person-${people}`;
  await seedAccount(ledger, name, { put });
  return name;
}
async function statuses(name: string, moment: string): Promise<string[]> {
  return (await ledger.listResets(name, moment)).data.map(({ source, status }) => `${source} ${status}`);
}
const globalReset = async (name: string, moment: string) =>
  Number((await own.sql('SELECT boon_code.return_resets(ARRAY[$1], $2) AS count', [name, moment]))[0]?.count);

describe('expiry', () => {
  test('is posted at its exact moment, and not a millisecond before', async () => {
    const ada = await person();
    const [reset] = await bank(ledger, ada);
    expect(await sweep(ledger, at({ days: 30, ms: -1 }))).toMatchObject({ expired: 0 });
    expect(await bankedCount(ledger, ada, at({ days: 30, ms: -1 }))).toBe(1);
    expect(await sweep(ledger, at({ days: 30 }))).toMatchObject({ expired: 1 });
    const [row] = await own.sql(
      `SELECT m.kind, m.effective_at, e.type FROM boon.reset_movements m
       JOIN boon.events e ON e.subject = m.reset_id::text AND e.type = 'reset.expired' WHERE m.reset_id = $1 AND m.kind = 'expired'`,
      [reset.id],
    );
    expect(row).toMatchObject({ effective_at: new Date(at({ days: 30 })) });
  });

  test('noticed late takes effect from the moment of expiry', async () => {
    const ada = await person();
    const [reset] = await bank(ledger, ada);
    expect(await statuses(ada, at({ days: 31 }))).toEqual(['grant expired']);
    await sweep(ledger, at({ days: 31 }));
    const [row] = await own.sql(
      `SELECT effective_at FROM boon.reset_movements WHERE reset_id = $1 AND kind = 'expired'`,
      [reset.id],
    );
    expect(row?.effective_at).toEqual(new Date(at({ days: 30 })));
  });

  test('comes page by page, the soonest first', async () => {
    const names = [await person(), await person(), await person()];
    for (const [n, name] of names.entries()) await bank(ledger, name, { at: at({ hours: -n }) });
    expect(await ledger.expireResets(at({ days: 30 }), 2)).toBe(2);
    expect(await statuses(names[0] ?? '', START)).toEqual(['grant available']);
    expect(await ledger.expireResets(at({ days: 30 }), 2)).toBe(1);
    expect(await ledger.expireResets(at({ days: 30 }), 2)).toBe(0);
  });

  test('30 days later is a day earlier in the calendar after a leap day', async () => {
    const ada = await person();
    const leap = '2028-02-10T08:00:00.000Z';
    const [reset] = await bank(ledger, ada, { at: leap });
    expect(reset.expires_at).toBe('2028-03-11T08:00:00.000Z');
    await use(ledger, ada, '1', '2028-02-26T08:00:00.000Z');
    const { weekly } = (await ledger.limits(ada, '2028-03-04T07:59:59.999Z')).windows;
    expect(weekly).toMatchObject({ used: '1', resets_at: '2028-03-04T08:00:00.000Z' });
    expect((await ledger.limits(ada, '2028-03-04T08:00:00.000Z')).windows.weekly).toMatchObject({
      used: '0',
      resets_at: null,
    });
    await sweep(ledger, reset.expires_at);
  });
});

describe('at the last moment, where its owner has switched it on', () => {
  test('a reset is redeemed instead of expiring, ten minutes before and not sooner', async () => {
    const ada = await person({ auto_redeem: true });
    await bank(ledger, ada);
    await use(ledger, ada, '3', at({ days: 29 }));
    expect(await sweep(ledger, at({ days: 30, minutes: -10, ms: -1 }))).toMatchObject({ redeemed: 0 });
    expect(await sweep(ledger, at({ days: 30, minutes: -10 }))).toMatchObject({ redeemed: 1, expired: 0 });
    expect(await statuses(ada, at({ days: 30 }))).toEqual(['grant redeemed']);
    expect((await ledger.limits(ada, at({ days: 30 }))).windows.weekly.used).toBe('0');
    expect(await sweep(ledger, at({ days: 30 }))).toEqual({ redeemed: 0, expired: 0, returned: 0 });
  });

  test('it expires all the same when nothing is used, or the account is frozen, or it is switched off', async () => {
    const [idle, frozen, off] = [
      await person({ auto_redeem: true }),
      await person({ auto_redeem: true }),
      await person(),
    ];
    for (const name of [idle, frozen, off]) await bank(ledger, name);
    for (const name of [frozen, off]) await use(ledger, name, '3', at({ days: 29 }));
    await ledger.putAccount(frozen, { plan: 'plus', status: 'frozen' }, START);
    expect(await sweep(ledger, at({ days: 30, minutes: -1 }))).toMatchObject({ redeemed: 0 });
    expect(await sweep(ledger, at({ days: 30 }))).toMatchObject({ redeemed: 0, expired: 3 });
  });

  test('of two that expire together one is redeemed: after it nothing is used', async () => {
    const ada = await person({ auto_redeem: true });
    await bank(ledger, ada, { count: 2 });
    await use(ledger, ada, '3', at({ days: 29 }));
    expect(await sweep(ledger, at({ days: 30 }))).toMatchObject({ redeemed: 1, expired: 1 });
  });

  test('many that expire at one moment are redeemed page by page', async () => {
    const names = [];
    for (let n = 0; n < 5; n += 1) names.push(await person({ auto_redeem: n !== 2 }));
    for (const name of names) {
      await bank(ledger, name, { at: at({ days: 300 }) });
      await use(ledger, name, '1', at({ days: 329 }));
    }
    const redeemed = [];
    let after: Parameters<Ledger['redeemExpiringResets']>[2];
    do {
      const page = await ledger.redeemExpiringResets(at({ days: 330 }), 2, after);
      redeemed.push(page.redeemed);
      after = page.next;
    } while (after !== undefined);
    expect(redeemed).toEqual([2, 2, 0]);
    expect(await ledger.expireResets(at({ days: 330 }), 100)).toBe(1);
  });

  test('noticed late it is redeemed as of just before its expiry, for what was used by then', async () => {
    const [used, after] = [await person({ auto_redeem: true }), await person({ auto_redeem: true })];
    for (const name of [used, after]) await bank(ledger, name);
    await use(ledger, used, '3', at({ days: 29 }));
    await use(ledger, after, '3', at({ days: 30 }));
    expect(await sweep(ledger, at({ days: 30, hours: 2 }))).toMatchObject({ redeemed: 1, expired: 1 });
    expect(await statuses(after, at({ days: 31 }))).toEqual(['grant expired']);
    const { data: resets } = await ledger.listResets(used, at({ days: 31 }));
    expect(resets).toMatchObject([{ status: 'redeemed', redeemed_at: at({ days: 30, ms: -1 }) }]);
  });
});

describe('a reset comes back', () => {
  const WEEK_END = at({ days: 7 });
  async function redeemedBefore(end: string, by: Parameters<typeof later>[1]): Promise<string> {
    const ada = await person();
    await bank(ledger, ada);
    await use(ledger, ada, '3', at({ days: -7 }, end));
    await redeem(ledger, ada, { at: at(by, end) });
    return ada;
  }

  test('when the weekly window ends by itself exactly 24 hours after its redemption', async () => {
    const ada = await redeemedBefore(WEEK_END, { hours: -24 });
    expect(await sweep(ledger, at({ ms: -1 }, WEEK_END))).toMatchObject({ returned: 0 });
    expect(await sweep(ledger, WEEK_END)).toMatchObject({ returned: 1 });
    expect(await statuses(ada, WEEK_END)).toEqual(['return available', 'grant redeemed']);
    expect(await sweep(ledger, at({ days: 1 }, WEEK_END))).toMatchObject({ returned: 0 });
  });

  test('not when it was redeemed a millisecond earlier', async () => {
    const ada = await redeemedBefore(WEEK_END, { hours: -24, ms: -1 });
    expect(await sweep(ledger, WEEK_END)).toMatchObject({ returned: 0 });
    expect(await statuses(ada, WEEK_END)).toEqual(['grant redeemed']);
  });

  test('with effect from the end of the window, keeping its expiry', async () => {
    const ada = await redeemedBefore(WEEK_END, { hours: -2 });
    await sweep(ledger, at({ hours: 6 }, WEEK_END));
    const { data: resets } = await ledger.listResets(ada, at({ hours: 6 }, WEEK_END));
    expect(resets[0]).toMatchObject({ source: 'return', granted_at: WEEK_END, expires_at: at({ days: 30 }) });
  });

  test('for at least a day when its own time is over', async () => {
    const end = at({ days: 30, hours: 1 });
    const ada = await redeemedBefore(end, { hours: -2 });
    expect(await sweep(ledger, end)).toMatchObject({ returned: 1 });
    const { data: resets } = await ledger.listResets(ada, end);
    expect(resets[0]).toMatchObject({
      source: 'return',
      status: 'available',
      expires_at: at({ days: 1 }, end),
    });
  });

  test('not when the weekly window began anew with its redemption', async () => {
    await ledger.usePolicy(policyWith({ resets: { moves_weekly_date: true } }), START);
    const ada = await redeemedBefore(WEEK_END, { hours: -2 });
    await ledger.usePolicy(policyWith(), START);
    expect(await sweep(ledger, at({ days: 8 }, WEEK_END))).toMatchObject({ returned: 0 });
    expect(await bankedCount(ledger, ada, WEEK_END)).toBe(0);
  });

  test('when everyone’s windows are reset within 24 hours after it, and only once', async () => {
    const ada = await redeemedBefore(WEEK_END, { hours: -3 });
    const spent = at({ hours: -3 }, WEEK_END);
    expect(await globalReset(ada, at({ hours: 1 }, spent))).toBe(1);
    expect(await globalReset(ada, at({ hours: 2 }, spent))).toBe(0);
    expect(await sweep(ledger, WEEK_END)).toMatchObject({ returned: 0 });
    expect(await bankedCount(ledger, ada, WEEK_END)).toBe(1);
  });

  test.each([
    [24 * 3_600_000, 1],
    [24 * 3_600_000 + 1, 0],
    [0, 1],
    [-1, 1], // By a clock that lags behind.
  ])('by a global reset %i ms after its redemption: %i', async (ms, returned) => {
    const ada = await redeemedBefore(at({ days: 12 }), { days: -5 });
    expect(await globalReset(ada, at({ days: 7, ms }))).toBe(returned);
  });

  test('as one that may be redeemed and come back again', async () => {
    const ada = await redeemedBefore(WEEK_END, { hours: -3 });
    await sweep(ledger, WEEK_END);
    await use(ledger, ada, '1', WEEK_END);
    await redeem(ledger, ada, { at: at({ hours: 1 }, WEEK_END) });
    expect(await globalReset(ada, at({ hours: 2 }, WEEK_END))).toBe(1);
    expect(await statuses(ada, at({ hours: 2 }, WEEK_END))).toEqual([
      'return available',
      'return redeemed',
      'grant redeemed',
    ]);
  });
});

describe('reminders', () => {
  const due = async (name: string, moment: string) =>
    (await ledger.dueReminders(moment, 100)).due.filter(({ account_id }) => account_id === name);

  test('are due 7 days and 1 day before the expiry, from the exact moment, for a day', async () => {
    const ada = await person({ email: 'ada@example.com' });
    const [one, two] = await bank(ledger, ada, { count: 2 });
    for (const [before, days] of [
      ['7 days', -7],
      ['1 day', -1],
    ] as const) {
      const moment = at({ days }, one.expires_at);
      expect(await due(ada, at({ ms: -1 }, moment))).toEqual([]);
      const reminder = {
        account_id: ada,
        email: 'ada@example.com',
        expires_at: one.expires_at,
        reset_ids: [one.id, two?.id],
        before,
      };
      expect(await due(ada, moment)).toEqual([reminder]);
      expect(await due(ada, at({ days: 1, ms: -1 }, moment))).toEqual([reminder]);
      expect(await due(ada, at({ days: 1 }, moment))).toEqual([]);
    }
  });

  test('are not due again once noted, nor for a reset that is spent', async () => {
    const ada = await person({ email: 'ada@example.com' });
    const [reset] = await bank(ledger, ada, { count: 2 });
    const week = at({ days: 23 });
    const [reminder] = await due(ada, week);
    if (reminder === undefined) throw new Error('no reminder is due');
    await ledger.noteReminder(reminder, 'sent', week);
    await ledger.noteReminder(reminder, 'sent', week);
    expect(await due(ada, week)).toEqual([]);
    await use(ledger, ada, '1', week);
    await redeem(ledger, ada, { at: week, reset_id: reset.id });
    expect((await due(ada, at({ days: 29 })))[0]?.reset_ids).toHaveLength(1);
  });

  test('are not due for an account without an address, nor where they would come before the grant', async () => {
    const nameless = await person();
    await bank(ledger, nameless);
    expect(await due(nameless, at({ days: 23 }))).toEqual([]);
    const ada = await person({ email: 'ada@example.com' });
    await ledger.usePolicy(policyWith({ resets: { valid_for: 'P3D' } }), START);
    await bank(ledger, ada);
    await ledger.usePolicy(policyWith(), START);
    expect(await due(ada, START)).toEqual([]);
    expect(await due(ada, at({ days: 2 }))).toHaveLength(1);
  });

  test('come page by page, also where many resets expire at one moment', async () => {
    const moment = at({ days: 200 });
    const names = [];
    for (let n = 0; n < 5; n += 1) {
      const name = await person({ email: `page-${n}@example.com` });
      await bank(ledger, name, { at: moment });
      names.push(name);
    }
    const seen = [];
    let after: Parameters<Ledger['dueReminders']>[2];
    do {
      const page = await ledger.dueReminders(at({ days: 23 }, moment), 2, after);
      seen.push(page.due.map(({ account_id }) => account_id));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual([names.slice(0, 2), names.slice(2, 4), names.slice(4)]);
  });
});

test('what a duty would begin with is due, not put aside, and the longest due of all', async () => {
  const fresh = await openTestLedger({ resets: { complimentary_plans: [] } });
  try {
    await seedAccount(fresh.ledger, 'ada', { credits: '1', expires_at: at({ days: 30 }) });
    await grant(fresh.ledger, 'ada', '1', { expires_at: at({ days: 31 }) });
    const [first] = await bank(fresh.ledger, 'ada');
    const [second] = await bank(fresh.ledger, 'ada', { at: at({ days: 1 }) });
    const due = (what: 'lots' | 'reset_expiries', moment: string) => fresh.ledger.firstDue(what, moment);
    for (const what of ['lots', 'reset_expiries'] as const)
      expect(await due(what, at({ days: 30, ms: -1 }))).toBeUndefined();
    const day31 = at({ days: 31 });
    const lots = (await fresh.ledger.balance('ada', START)).lots.map(({ id }) => id);
    expect(await due('lots', at({ days: 30 }))).toBe(lots[0]);
    expect(await due('reset_expiries', at({ days: 30 }))).toBe(first.id);
    await fresh.ledger.putAside('lots', `${lots[0]}`, 'full', day31);
    await fresh.ledger.putAside('reset_expiries', first.id, 'full', day31);
    expect(await due('lots', day31)).toBe(lots[1]);
    expect(await due('reset_expiries', day31)).toBe(second.id);
    await sweep(fresh.ledger, later(day31, { hours: 1 }));
    expect(await due('reset_expiries', later(day31, { hours: 1 }))).toBeUndefined();
  } finally {
    await fresh.close();
  }
});

test('the next moment of a clock that jumps: reminders, the last moment, the expiry, a return', async () => {
  const fresh = await openTestLedger();
  try {
    await seedAccount(fresh.ledger, 'ada', { put: { auto_redeem: true } });
    await bank(fresh.ledger, 'ada', { count: 2 });
    // Of one who redeems by hand there is no last moment.
    await seedAccount(fresh.ledger, 'bob', { put: { auto_redeem: false } });
    await bank(fresh.ledger, 'bob', { at: at({ hours: -1 }) });
    await use(fresh.ledger, 'ada', '1');
    await redeem(fresh.ledger, 'ada', { at: at({ days: 6, hours: 12 }) });
    const moments = [];
    for (
      let moment: string | undefined = START;
      moment !== undefined;
      moment = await fresh.ledger.nextResetMoment(moment)
    )
      moments.push(moment);
    expect(moments.slice(1)).toEqual([
      at({ days: 7 }),
      at({ days: 23, hours: -1 }),
      at({ days: 23 }),
      at({ days: 29, hours: -1 }),
      at({ days: 29 }),
      at({ days: 30, hours: -1 }),
      at({ days: 30, minutes: -10 }),
      at({ days: 30 }),
    ]);
  } finally {
    await fresh.close();
  }
});
