import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedInvoiced } from '../../support/billing.ts';
import { createCampaign, runToItsEnd } from '../../support/campaigns.ts';
import { act, give, grant, refusal } from '../../support/gifts.ts';
import { bought } from '../../support/purchases.ts';
import { askRefund } from '../../support/refunds.ts';
import { bank, redeem } from '../../support/resets.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge, seedOrganisation, useRequest } from '../../support/usage.ts';

const PLANS = {
  free: { five_hour: '5', weekly: '50', credits: ['codex'] },
  go: { five_hour: '5', weekly: '50', credits: ['video'] },
  plus: { five_hour: '25', weekly: '500' },
  pro: { five_hour: '250', weekly: '5000' },
  business: { five_hour: '5', weekly: '50' },
};

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    plans: PLANS,
    usage: { accept_late_for: 'P7D' },
    rate_card: {
      codex: { default: [{ from: null, credits: '1' }] },
      video: {
        default: [
          { from: null, credits: '1' },
          { from: '2026-03-10T14:00:00.000Z', credits: '3' },
        ],
      },
    },
  });
});
afterAll(() => own.close());

let people = 0;
async function person(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `late-${people}`, { at: at({ days: -30 }), ...options });
  return `late-${people}`;
}
const at = (by: Parameters<typeof later>[1]) => later(START, by);
const hour = (hours: number) => at({ hours });
const windows = async (id: string, when: string) => {
  const { five_hour, weekly } = (await own.ledger.limits(id, when)).windows;
  return [five_hour.used, weekly.used];
};
const put = (id: string, change: Parameters<TestLedger['ledger']['putAccount']>[1], when: string) =>
  own.ledger.putAccount(id, change, when);
/** So many units at an hour, told at another. */
const tell = (id: string, units: string, usedAt: number, toldAt: number, more: object = {}) =>
  charge(own.ledger, id, { units, at: hour(usedAt), now: hour(toldAt), ...more });
/** The window that was open at an hour: the hours in which it counts, and what was used of it. */
async function windowAt(id: string, kind: 'five_hour' | 'weekly', hours: number) {
  const [row] = await own.sql(
    'SELECT counts_from, ended_at, used::int, restored_by::text FROM boon_code.window_at($1, $2, $3)',
    [id, kind, hour(hours)],
  );
  const since = (time: unknown) => ((time as Date).getTime() - Date.parse(START)) / 3_600_000;
  return row === undefined
    ? undefined
    : [since(row.counts_from), since(row.ended_at), (row.used as number) / 1_000_000];
}
const NO_CREDITS = refusal('limit_reached', 'no_credits');

describe('a use that is reported late is paid by the plan of its moment', () => {
  test('a plan that was larger then pays what was left of it', async () => {
    const id = await person({ put: { plan: 'pro' } });
    await tell(id, '100', 0, 0);
    await put(id, { plan: 'plus' }, hour(2));
    expect(await tell(id, '50', 1, 3)).toMatchObject({
      charged: { plan: '50', credits: '0' },
      windows: { five_hour: { used: '150', limit: '25' } },
    });
    expect(await windows(id, hour(3))).toEqual(['150', '150']);
    await expect(tell(id, '1', 2, 3)).rejects.toMatchObject(NO_CREDITS);
    await expectVerified(own.ledger);
  });

  test('a plan that was smaller then pays no more than it had', async () => {
    const id = await person({ put: { plan: 'free' } });
    await tell(id, '5', 0, 0);
    await put(id, { plan: 'pro' }, hour(2));
    await expect(tell(id, '5', 1, 3)).rejects.toMatchObject(NO_CREDITS);
    await grant(own.ledger, id, '3', { at: at({ days: -1 }) });
    await expect(tell(id, '5', 1, 3)).rejects.toMatchObject(NO_CREDITS);
    await grant(own.ledger, id, '7', { at: at({ days: -1 }) });
    expect(await tell(id, '5', 1, 3)).toMatchObject({ charged: { plan: '0', credits: '5' } });
    expect(await tell(id, '5', 2, 3)).toMatchObject({ charged: { plan: '5' } });
  });

  test('each of several plans in its own time, to the millisecond', async () => {
    const id = await person({ put: { plan: 'pro' } });
    await put(id, { plan: 'free' }, hour(1));
    await put(id, { plan: 'plus' }, hour(2));
    await put(id, { plan: 'free' }, hour(3));
    const limit = (use: { windows: { five_hour: { limit: string | null } } }) => use.windows.five_hour.limit;
    const now = hour(4);
    await charge(own.ledger, id, { units: '26', at: at({ hours: 1, ms: -1 }), now });
    await expect(charge(own.ledger, id, { at: hour(1), now })).rejects.toMatchObject(NO_CREDITS);
    await expect(charge(own.ledger, id, { at: at({ hours: 3, ms: -1 }), now })).rejects.toMatchObject(
      NO_CREDITS,
    );
    const answer = await charge(own.ledger, id, { units: '224', at: hour(0.5), now });
    expect([answer.charged.plan, limit(answer)]).toEqual(['224', '5']);
    expect(
      (
        await own.sql('SELECT count(*)::int AS states FROM boon.account_history WHERE account_id = $1', [id])
      )[0],
    ).toEqual({ states: 3 });
  });

  test('with the rate, the products and the switch of then', async () => {
    const id = await person({ credits: '100', put: { plan: 'go', use_credits: 'off' } });
    await tell(id, '5', 0, 0);
    await put(id, { plan: 'go', use_credits: 'auto' }, hour(1));
    await put(id, { plan: 'plus', use_credits: 'ask' }, hour(3));
    await expect(tell(id, '1', 0.5, 4)).rejects.toMatchObject(
      refusal('limit_reached', 'not_paid_by_credits'),
    );
    await expect(tell(id, '1', 0.5, 4, { product: 'video' })).rejects.toMatchObject(
      refusal('limit_reached', 'credits_off'),
    );
    expect(await tell(id, '1', 1, 4, { product: 'video' })).toMatchObject({ charged: { credits: '1' } });
    expect(await tell(id, '1', 2, 4, { product: 'video' })).toMatchObject({ charged: { credits: '3' } });
    expect(await tell(id, '20', 3, 4)).toMatchObject({ charged: { plan: '20' } });
    await expect(tell(id, '1', 3, 4)).rejects.toMatchObject(refusal('limit_reached', 'credits_on_request'));
  });

  test('and the same again when it is repeated, whatever its account became', async () => {
    const id = await person({ put: { plan: 'pro' } });
    await tell(id, '10', 0, 0);
    await put(id, { plan: 'plus' }, hour(2));
    await tell(id, '3', 6, 6);
    const use = useRequest(id, { units: '7', at: hour(1), now: hour(7) });
    const first = await own.ledger.use(use);
    expect(first.value).toMatchObject({
      charged: { plan: '7' },
      windows: { five_hour: { used: '3', limit: '25' }, weekly: { used: '20' } },
    });
    await put(id, { plan: 'free', status: 'frozen' }, hour(8));
    expect(await own.ledger.use({ ...use, now: hour(9) })).toEqual({ ...first, replayed: true });
  });
});

test('an id is charged once for 32 days after it was reported, however late that was', async () => {
  const id = await person();
  const use = useRequest(id, { at: START, now: at({ days: 7 }) });
  const first = await own.ledger.use(use);
  const end = at({ days: 39, ms: -1 });
  for (const repeated of [{ now: end }, { at: end, now: end }, { at: at({ days: 36 }), now: end }])
    expect(await own.ledger.use({ ...use, ...repeated })).toEqual({ ...first, replayed: true });
});

test('one that is reported too late is refused, and leaves no month behind', async () => {
  const id = await person();
  for (const used of ['2026-03-03T11:59:59.999Z', '2019-05-05T00:00:00.000Z', '1970-01-01T00:00:00.000Z'])
    await expect(charge(own.ledger, id, { at: used, now: START })).rejects.toMatchObject(
      refusal('validation_failed'),
    );
  expect(await own.sql(`SELECT month::text FROM boon.usage_months WHERE month < '2026-02-01'`)).toEqual([]);
});

describe('an account’s standing', () => {
  test('frozen at the moment refuses, frozen since does not', async () => {
    const id = await person();
    await put(id, { plan: 'plus', status: 'frozen' }, hour(2));
    expect(await tell(id, '1', 1, 3)).toMatchObject({ charged: { plan: '1' } });
    await expect(tell(id, '1', 2, 3)).rejects.toMatchObject(refusal('account_frozen', 'frozen'));
    await put(id, { plan: 'plus', status: 'active' }, hour(4));
    await expect(tell(id, '1', 3, 5)).rejects.toMatchObject(refusal('account_frozen', 'frozen'));
    expect(await tell(id, '1', 4, 5)).toMatchObject({ charged: { plan: '1' } });
  });

  test('closed since does not refuse what was used before', async () => {
    const id = await person();
    await put(id, { plan: 'plus', status: 'closed' }, hour(2));
    expect(await tell(id, '1', 1, 3)).toMatchObject({ charged: { plan: '1' } });
    await expect(tell(id, '1', 3, 3)).rejects.toMatchObject(refusal('account_frozen', 'closed'));
  });

  test('of changes that are reported out of order the last reported applies, from the latest moment on', async () => {
    const id = await person({ put: { plan: 'free' } });
    await put(id, { plan: 'pro' }, hour(4));
    await put(id, { plan: 'plus' }, hour(2));
    expect((await tell(id, '1', 5, 6)).windows.five_hour.limit).toBe('25');
    await expect(tell(id, '5', 3, 6)).rejects.toMatchObject(NO_CREDITS);
    await expect(tell(id, '25', 4, 6)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '24', 4, 6)).toMatchObject({ charged: { plan: '24' } });
  });

  test('before it was known is the first that is known of it', async () => {
    const id = await person({ at: hour(2) });
    await put(id, { plan: 'free' }, hour(3));
    expect(await tell(id, '25', 0, 4)).toMatchObject({ charged: { plan: '25' } });
  });

  test('reported at once, by a clock that lags behind the change, is the present one', async () => {
    const id = await person({ put: { status: 'frozen' } });
    await put(id, { plan: 'plus', status: 'active' }, hour(2));
    await grant(own.ledger, id, '10', { at: hour(2) });
    expect(await tell(id, '30', 1, 1)).toMatchObject({ charged: { plan: '25', credits: '5' } });
  });
});

describe('a use that is reported late counts in the window of its moment', () => {
  test('when a new one has opened since', async () => {
    const id = await person();
    await tell(id, '1', 0, 0);
    await tell(id, '25', 6, 6);
    expect(await tell(id, '5', 1, 7)).toMatchObject({
      charged: { plan: '5', credits: '0' },
      windows: { five_hour: { used: '25', started_at: hour(6) }, weekly: { used: '31' } },
    });
    expect(await windows(id, hour(7))).toEqual(['25', '31']);
    expect(await windowAt(id, 'five_hour', 4.99)).toEqual([0, 5, 6]);
    await expect(tell(id, '20', 4, 7)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '19', 4, 7)).toMatchObject({ charged: { plan: '19' } });
    await expect(tell(id, '1', 4, 7)).rejects.toMatchObject(NO_CREDITS);
    const [use] = (await own.ledger.listUsage(id, { limit: 1 })).data;
    expect(use?.windows).toEqual({ five_hour: START, weekly: START });
    await expectVerified(own.ledger);
  });

  test('of several that are over, each', async () => {
    const id = await person();
    for (const start of [0, 5, 10, 15]) await tell(id, '20', start, start);
    for (const start of [10, 0, 5]) {
      await expect(tell(id, '6', start + 4, 17)).rejects.toMatchObject(NO_CREDITS);
      expect(await tell(id, '5', start + 4, 17)).toMatchObject({ charged: { plan: '5' } });
      expect(await windowAt(id, 'five_hour', start + 4)).toEqual([start, start + 5, 25]);
    }
    expect(await windows(id, hour(17))).toEqual(['20', '95']);
  });

  test('before and after a redemption, and at its very moment in the restored one', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await tell(id, '20', 0, 0);
    await redeem(own.ledger, id, { at: hour(2) });
    await tell(id, '25', 3, 3);
    expect(await tell(id, '5', 1, 4)).toMatchObject({
      charged: { plan: '5' },
      windows: { five_hour: { used: '25', started_at: hour(2) } },
    });
    await expect(
      charge(own.ledger, id, { at: at({ hours: 2, ms: -1 }), now: hour(4) }),
    ).rejects.toMatchObject(NO_CREDITS);
    await expect(tell(id, '1', 2, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(await windowAt(id, 'five_hour', 1.5)).toEqual([0, 2, 25]);
    expect(await windowAt(id, 'weekly', 1.5)).toEqual([0, 2, 25]);
    expect(await windowAt(id, 'weekly', 3)).toEqual([2, 168, 25]);
    expect(await windows(id, hour(4))).toEqual(['25', '25']);
    await expectVerified(own.ledger);
  });

  test('between two redemptions that are reported by clocks apart, the later one first', async () => {
    const id = await person();
    await bank(own.ledger, id, { count: 2 });
    await tell(id, '20', 0, 0);
    await redeem(own.ledger, id, { at: hour(2) });
    await tell(id, '10', 2, 2);
    await redeem(own.ledger, id, { at: at({ hours: 2, ms: -1 }) });
    await tell(id, '25', 3, 3);
    expect(await tell(id, '5', 1, 4)).toMatchObject({ charged: { plan: '5' } });
    await expectVerified(own.ledger);
  });

  test('before a campaign restored the windows of everybody', async () => {
    const id = await person({ put: { cohorts: ['restored'] } });
    await tell(id, '20', 0, 0);
    const { id: campaign } = await createCampaign(own.ledger, {
      kind: 'reset_windows',
      at: hour(2),
      filter: { cohorts: ['restored'] },
    });
    await runToItsEnd(own.ledger, campaign, { at: hour(2) });
    await tell(id, '25', 3, 3);
    expect(await tell(id, '5', 1, 4)).toMatchObject({ charged: { plan: '5' } });
    await expect(tell(id, '1', 1, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(await windows(id, hour(4))).toEqual(['25', '25']);
    await expectVerified(own.ledger);
  });

  test('when it is the weekly one that was another', async () => {
    const id = await person();
    await tell(id, '20', 0, 0);
    await tell(id, '10', 168, 168);
    expect(await tell(id, '5', 100, 169)).toMatchObject({
      charged: { plan: '5' },
      windows: { weekly: { used: '10', started_at: hour(168) } },
    });
    expect(await windowAt(id, 'weekly', 167)).toEqual([0, 168, 25]);
    expect(await windowAt(id, 'five_hour', 102)).toEqual([100, 105, 5]);
  });

  test('where none was open, in one that begins with it', async () => {
    const id = await person();
    await tell(id, '25', 0, 0);
    await tell(id, '25', 20, 20);
    expect(await tell(id, '20', 10, 21)).toMatchObject({
      charged: { plan: '20' },
      windows: { five_hour: { used: '25', started_at: hour(20) } },
    });
    expect(await windowAt(id, 'five_hour', 14.9)).toEqual([10, 15, 20]);
    expect(await windowAt(id, 'five_hour', 15)).toBeUndefined();
    expect(await tell(id, '5', 14, 21)).toMatchObject({ charged: { plan: '5' } });
    await expect(tell(id, '1', 12, 21)).rejects.toMatchObject(NO_CREDITS);
  });

  test('where the next one began within its length, in that one: none is full again for being reported late', async () => {
    const id = await person();
    await tell(id, '20', 4, 4);
    expect(await tell(id, '5', 1, 5)).toMatchObject({
      charged: { plan: '5' },
      windows: { five_hour: { used: '25', started_at: hour(4) } },
    });
    for (const earlier of [0.9, 0.5, 0.1])
      await expect(tell(id, '1', earlier, 5)).rejects.toMatchObject(NO_CREDITS);
    expect(await windowAt(id, 'five_hour', 8.9)).toEqual([1, 9, 25]);
    // What was before that is a window of its own.
    expect(await tell(id, '25', -2, 5)).toMatchObject({ charged: { plan: '25' } });
    expect(await windowAt(id, 'five_hour', 0.5)).toEqual([-2, 1, 25]);
    await expectVerified(own.ledger);
  });

  test('where a reset restored what was not open, in one that ends with the reset', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await tell(id, '10', 0, 0);
    await redeem(own.ledger, id, { at: hour(8) });
    await tell(id, '25', 9, 9);
    expect(await tell(id, '15', 7, 10)).toMatchObject({ charged: { plan: '15' } });
    expect(await windowAt(id, 'five_hour', 7.5)).toEqual([7, 8, 15]);
    expect(await tell(id, '0.5', 4, 10)).toMatchObject({ charged: { plan: '0.5' } });
    await expect(tell(id, '1', 8.5, 10)).rejects.toMatchObject(NO_CREDITS);
  });

  test('reported in any order, many at once, the plan pays no more than in their own order', async () => {
    const id = await person();
    const hours = [9, 3, 0, 12, 6, 1, 11, 4, 8, 2, 10, 5, 7];
    const told = await Promise.allSettled(hours.map((used) => tell(id, '5', used, 13)));
    const paid = told.filter(({ status }) => status === 'fulfilled').length;
    // In order: windows from 0, 5 and 10, of which the last has three uses.
    expect(paid).toBeLessThanOrEqual(13);
    const [row] = await own.sql(
      `SELECT max(used)::bigint AS most FROM (SELECT used FROM boon.past_windows WHERE account_id = $1 AND kind = 'five_hour'
       UNION ALL SELECT used FROM boon.usage_windows WHERE account_id = $1 AND kind = 'five_hour') w`,
      [id],
    );
    expect(Number(row?.most)).toBeLessThanOrEqual(25_000_000);
    await expectVerified(own.ledger);
  });

  test('several of one call follow each other, across windows that end in it', async () => {
    const id = await person();
    const uses = [
      [0, 10, 0],
      [1, 10, 1],
      [5, 10, 5],
      [6, 10, 6],
      [2, 3, 7],
      [3, 2, 7],
      [7, 5, 7],
    ] as const;
    const answers = await Promise.all(uses.map(([used, units, told]) => tell(id, String(units), used, told)));
    expect(answers.map(({ charged }) => charged.plan)).toEqual(['10', '10', '10', '10', '3', '2', '5']);
    expect(await windowAt(id, 'five_hour', 4)).toEqual([0, 5, 25]);
    expect(await windowAt(id, 'five_hour', 9)).toEqual([5, 10, 25]);
  });
});

describe('a use that is reported late is paid out of credits of its moment', () => {
  const lines = async (id: string) =>
    (await own.ledger.statement(id, { limit: 20 })).data
      .map(({ kind, amount, balance_after }) => `${kind} ${amount} ${balance_after}`)
      .toReversed();
  const expire = (when: string) => own.ledger.expireLots(when, 1_000);
  const spent = (id: string) => tell(id, '25', 0, 0);

  test('not out of a lot that was granted since, by a millisecond', async () => {
    const id = await person();
    await spent(id);
    await grant(own.ledger, id, '5', { at: hour(2) });
    await expect(
      charge(own.ledger, id, { at: at({ hours: 2, ms: -1 }), now: hour(3) }),
    ).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '2', 2, 3)).toMatchObject({ charged: { credits: '2' }, available: '3' });
  });

  test('out of a lot that has expired since, whose expiry is not posted yet', async () => {
    const id = await person({ credits: '5', expires_at: hour(2) });
    await spent(id);
    expect(await tell(id, '2', 1, 3)).toMatchObject({ charged: { credits: '2' }, available: '0' });
    await expire(hour(3));
    expect(await lines(id)).toEqual(['grant 5 5', 'usage -2 3', 'expired -3 0']);
  });

  test('out of what it let go, when its expiry is posted; not what had expired by then', async () => {
    const id = await person({ credits: '5', expires_at: hour(2) });
    await spent(id);
    await expire(hour(3));
    await expect(tell(id, '1', 2, 4)).rejects.toMatchObject(NO_CREDITS);
    await expect(tell(id, '6', 1, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(
      await charge(own.ledger, id, { units: '2', at: at({ hours: 2, ms: -1 }), now: hour(4) }),
    ).toMatchObject({ charged: { credits: '2' }, available: '0' });
    expect(await tell(id, '3', 1, 5)).toMatchObject({ charged: { credits: '3' } });
    await expect(tell(id, '1', 1, 5)).rejects.toMatchObject(NO_CREDITS);
    expect(await lines(id)).toEqual([
      'grant 5 5',
      'expired -5 0',
      'expired 2 2',
      'usage -2 0',
      'expired 3 3',
      'usage -3 0',
    ]);
    await expire(hour(6));
    expect(await lines(id)).toHaveLength(6);
    await expectVerified(own.ledger);
  });

  test('in burn order, out of lots that let go and lots that are left, in one call', async () => {
    const id = await person({ credits: '5' });
    await spent(id);
    await grant(own.ledger, id, '4', { at: hour(-2), expires_at: hour(2) });
    await grant(own.ledger, id, '3', { at: hour(-1), expires_at: hour(2.5), products: ['video'] });
    await expire(hour(3));
    const [first, second] = await Promise.all([tell(id, '3', 1, 4), tell(id, '3', 1, 4)]);
    expect([first.available, second.available]).toEqual(['5', '3']);
    expect(await tell(id, '3', 1, 4, { product: 'video' })).toMatchObject({ available: '3' });
    expect((await lines(id)).slice(5)).toEqual([
      'expired 3 8',
      'usage -3 5',
      'expired 1 6',
      'usage -1 5',
      'usage -2 3',
      'expired 3 6',
      'usage -3 3',
    ]);
    await expectVerified(own.ledger);
  });

  test('and those that later uses have spent are gone', async () => {
    const id = await person({ credits: '5' });
    await spent(id);
    await tell(id, '4', 3, 3);
    await expect(tell(id, '2', 1, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '1', 1, 4)).toMatchObject({ charged: { credits: '1' }, available: '0' });
    const gone = await person({ credits: '5', expires_at: hour(2) });
    await spent(gone);
    await tell(gone, '5', 1.5, 1.5);
    await expire(hour(3));
    await expect(tell(gone, '1', 1, 4)).rejects.toMatchObject(NO_CREDITS);
  });

  test('not out of what it let go and money was given back for; and what it took of it is owed', async () => {
    const end = at({ days: 365 });
    const used = at({ days: 364 });
    const now = at({ days: 366 });
    for (const refundedFirst of [true, false]) {
      const id = await person({ put: { plan: 'free' } });
      await charge(own.ledger, id, { units: '5', at: used });
      const purchase = await bought(own.ledger, id, 'credits-100');
      expect((await own.ledger.balance(id, START)).lots[0]?.expires_at).toBe(end);
      await expire(now);
      const late = { units: '30', at: used, now };
      const refund = (amount: number) =>
        askRefund(own.ledger, purchase, { at: now, amount, include_spent: true });
      if (refundedFirst) {
        // Four fifths of the money, and so of the credits that expired, are gone.
        await refund((purchase.price.amount * 4) / 5);
        await expect(charge(own.ledger, id, late)).rejects.toMatchObject(NO_CREDITS);
        expect(await charge(own.ledger, id, { ...late, units: '20' })).toMatchObject({
          charged: { credits: '20' },
        });
      } else {
        expect(await charge(own.ledger, id, late)).toMatchObject({ charged: { credits: '30' } });
        await refund(purchase.price.amount);
        expect((await own.ledger.balance(id, now)).debt).toBe('30');
      }
      await expectVerified(own.ledger);
    }
  });

  test('not out of what was on hold when its lot expired', async () => {
    const [id, friend] = [await person({ credits: '20', expires_at: hour(2) }), await person()];
    await spent(id);
    const gift = await give(own.ledger, id, friend, { at: hour(0.5), amount: '15' });
    await expire(hour(3));
    await expect(tell(id, '6', 1, 4)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell(id, '5', 1, 4)).toMatchObject({ charged: { credits: '5' } });
    await act(own.ledger, gift, 'cancel', hour(5));
    await expectVerified(own.ledger);
  });

  test('so that every balance of the past is shown right, and the statement adds up in both orders', async () => {
    const id = await person({ credits: '10', expires_at: hour(3) });
    await spent(id);
    await tell(id, '1', 2, 2);
    await expire(hour(4));
    await grant(own.ledger, id, '7', { at: hour(5) });
    await tell(id, '4', 1, 6);
    const balances = await Promise.all(
      [0, 1, 2, 2.9, 3, 5, 6].map(
        async (hours) => (await own.ledger.balance(id, hour(6), hour(hours))).available,
      ),
    );
    expect(balances).toEqual(['10', '6', '5', '5', '0', '7', '7']);
    const { data } = await own.ledger.statement(id, { limit: 20 });
    let sum = 0;
    for (const line of data.toReversed()) {
      sum += Number(line.amount);
      expect(line.balance_after).toBe(String(sum));
      expect(Date.parse(line.recorded_at)).toBeGreaterThan(0);
    }
    const byMoment = data.toReversed().toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
    for (const moment of new Set(byMoment.map((line) => line.at))) {
      const by = byMoment
        .filter((line) => line.at <= moment)
        .reduce((total, line) => total + Number(line.amount), 0);
      expect(String(by)).toBe((await own.ledger.balance(id, hour(6), moment)).available);
    }
    expect((await own.ledger.listUsage(id, { limit: 1 })).data[0]).toMatchObject({
      at: hour(1),
      told_at: hour(6),
    });
    await expectVerified(own.ledger);
  });
});

describe('an organisation pays late uses', () => {
  test('of who was a member then, within the limits of then, and not of who has come since', async () => {
    await seedOrganisation(own.ledger, 'guild', ['lea', 'max'], { spending_limit: '12' });
    await seedOrganisation(own.ledger, 'other', []);
    for (const org of ['guild', 'other']) await grant(own.ledger, org, '50');
    await put('lea', { plan: 'business', pool_limit: '3' }, hour(1));
    await put('lea', { plan: 'business', org_id: 'other', pool_limit: null }, hour(2));
    await tell('lea', '5', 0, 0);
    expect(await tell('lea', '6', 3, 3)).toMatchObject({ charged: { credits: '6' } });
    expect(await tell('lea', '2', 0.5, 4)).toMatchObject({ charged: { credits: '2' } });
    await expect(tell('lea', '2', 1.5, 4)).rejects.toMatchObject(refusal('limit_reached', 'member_limit'));
    expect(await tell('lea', '1', 1.5, 4)).toMatchObject({ charged: { credits: '1' } });
    expect([
      (await own.ledger.pool('guild', hour(4))).spent,
      (await own.ledger.pool('other', hour(4))).spent,
    ]).toEqual(['3', '6']);
    // The pool itself was limited otherwise.
    await put('guild', { plan: 'business', kind: 'organisation', spending_limit: '4' }, hour(4));
    await tell('max', '5', 0, 0);
    await expect(tell('max', '2', 4, 6)).rejects.toMatchObject(refusal('limit_reached', 'spending_limit'));
    expect(await tell('max', '9', 3.9, 6)).toMatchObject({ charged: { credits: '9' } });
    await expect(tell('max', '1', 3.9, 6)).rejects.toMatchObject(refusal('limit_reached', 'spending_limit'));
    await expectVerified(own.ledger);
  });

  test('out of its pool though it is frozen since, and not of when it was frozen', async () => {
    await seedOrganisation(own.ledger, 'ice', ['ida']);
    await grant(own.ledger, 'ice', '50');
    await tell('ida', '5', 0, 0);
    await put('ice', { plan: 'business', kind: 'organisation', status: 'frozen' }, hour(1));
    expect(await tell('ida', '1', 0.5, 2)).toMatchObject({ charged: { credits: '1' } });
    await expect(tell('ida', '1', 1.5, 2)).rejects.toMatchObject(NO_CREDITS);
  });

  test('by an invoice where it was invoiced then, up to the ceiling of then', async () => {
    await seedInvoiced(own.ledger, 'billed', ['bob'], { invoice_ceiling: '10' });
    await tell('bob', '5', 0, 0);
    await put('billed', { plan: 'business', kind: 'organisation', invoice_ceiling: '2' }, hour(1));
    await put('billed', { plan: 'business', kind: 'organisation', billing: 'pool' }, hour(2));
    expect(await tell('bob', '9', 0.5, 3)).toMatchObject({ charged: { invoiced: '9' } });
    await expect(tell('bob', '1', 1.5, 3)).rejects.toMatchObject(refusal('limit_reached', 'invoice_ceiling'));
    await expect(tell('bob', '1', 2.5, 3)).rejects.toMatchObject(NO_CREDITS);
    expect(await tell('bob', '1', 0.5, 3)).toMatchObject({ charged: { invoiced: '1' } });
    await expectVerified(own.ledger);
  });

  test('many of one call, reported at once and late, in and out of the pool', async () => {
    await seedOrganisation(own.ledger, 'mixed', ['mia']);
    await grant(own.ledger, 'mixed', '50');
    await grant(own.ledger, 'mia', '50');
    await tell('mia', '5', 0, 0);
    await put('mia', { plan: 'business', org_id: null }, hour(2));
    const told = Array.from({ length: 20 }, (_, n) =>
      tell('mia', '1', n % 2 === 0 ? 1 : 3, n % 4 === 1 ? 3 : 4),
    );
    await Promise.all(told);
    expect((await own.ledger.pool('mixed', hour(4))).spent).toBe('10');
    expect((await own.ledger.balance('mia', hour(4))).available).toBe('40');
    await expectVerified(own.ledger);
  });
});
