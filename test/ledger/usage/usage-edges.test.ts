import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grant, refusal } from '../../support/gifts.ts';
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

/** Small numbers; `pro` has no limit. */
const PLANS = {
  go: { five_hour: '4', weekly: '8', credits: ['codex'] },
  plus: { five_hour: '10', weekly: '25' },
  business: { five_hour: '10', weekly: '25' },
  pro: { five_hour: null, weekly: null },
};

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    plans: PLANS,
    rate_card: {
      codex: { default: [{ from: null, credits: '1' }], large: [{ from: null, credits: '1.000001' }] },
    },
  });
});
afterAll(() => own.close());

let people = 0;
async function person(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `edge-${people}`, options);
  return `edge-${people}`;
}
const at = (by: Parameters<typeof later>[1]) => later(START, by);

describe('a price', () => {
  test.each([
    // 1.000001 a unit: the exact product and what is charged.
    ['0.000001', '0.000002'],
    ['1', '1.000001'],
    ['1.000001', '1.000003'],
    ['999000.000001', '999000.999002'],
    ['99999999.000001', '100000099.000001'],
    ['999998000', '999998999.998'],
  ])(
    'of %s units at 1.000001 is %s: the exact product, rounded up at the sixth decimal',
    async (units, price) => {
      const id = await person({ put: { plan: 'pro' } });
      expect((await charge(own.ledger, id, { model: 'large', units })).charged.plan).toBe(price);
    },
  );

  test('above a thousand million credits is refused, exactly that much is not', async () => {
    const id = await person({ put: { plan: 'pro' } });
    await charge(own.ledger, id, { units: '1000000000' });
    await expect(charge(own.ledger, id, { model: 'large', units: '999999000.001' })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'units' }],
    });
  });
});

test('a plan without a limit pays a hundred of the largest uses', async () => {
  const id = await person({ put: { plan: 'pro' } });
  for (let n = 0; n < 100; n++) await charge(own.ledger, id, { units: '1000000000' });
  const { windows } = await own.ledger.limits(id, START);
  expect([windows.five_hour.used, windows.weekly.used]).toEqual(['100000000000', '100000000000']);
});

describe('a window is judged to the microsecond', () => {
  test.each([
    ['five_hour', '2026-03-10T16:59:59.999999Z', '2026-03-10T17:00:00.000000Z'],
    ['weekly', '2026-03-17T11:59:59.999999Z', '2026-03-17T12:00:00.000000Z'],
  ] as const)('%s is over at its end and not a microsecond before', async (kind, before, end) => {
    const id = await person();
    await charge(own.ledger, id, { units: '1' });
    expect((await charge(own.ledger, id, { at: before })).windows[kind].started_at).toBe(START);
    expect((await charge(own.ledger, id, { at: end })).windows[kind]).toMatchObject({
      used: '1',
      started_at: new Date(end).toISOString(),
    });
  });
});

describe('a plan that changes within a window', () => {
  test('to less pays nothing more of it, to more goes on where it was', async () => {
    const id = await person({ credits: '5' });
    await charge(own.ledger, id, { units: '6' });
    await own.ledger.putAccount(id, { plan: 'go' }, START);
    const paid = await charge(own.ledger, id, { units: '1' });
    expect(paid).toMatchObject({
      charged: { plan: '0', credits: '1' },
      windows: { five_hour: { used: '6', limit: '4' } },
    });
    expect((await own.ledger.limits(id, START)).windows).toEqual(paid.windows);
    await own.ledger.putAccount(id, { plan: 'plus' }, START);
    expect(await charge(own.ledger, id, { units: '5' })).toMatchObject({
      charged: { plan: '4', credits: '1' },
      windows: { five_hour: { used: '10', limit: '10' } },
    });
  });
});

describe('a use that is reported late', () => {
  test('of a time before a reset was redeemed counts in the windows as they were before it', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await charge(own.ledger, id, { units: '8' });
    const now = at({ hours: 1 });
    await redeem(own.ledger, id, { at: now });
    const answer = await charge(own.ledger, id, { units: '2', at: at({ minutes: 30 }), now });
    expect(answer).toMatchObject({
      charged: { plan: '2', credits: '0' },
      windows: { five_hour: { used: '0', started_at: now }, weekly: { used: '0', started_at: START } },
    });
    expect((await own.ledger.limits(id, now)).windows).toEqual(answer.windows);
    await expect(charge(own.ledger, id, { at: at({ minutes: 30 }), now })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
  });

  test('is not paid by credits that came since, and no balance of the past is below zero', async () => {
    const id = await person({ credits: '1' });
    await charge(own.ledger, id, { units: '10' });
    const now = at({ hours: 2 });
    await grant(own.ledger, id, '5', { at: now });
    const late = { units: '2', at: at({ hours: 1 }), now };
    await expect(charge(own.ledger, id, late)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    expect(await charge(own.ledger, id, { ...late, units: '1' })).toMatchObject({
      charged: { credits: '1' },
      available: '5',
    });
    expect((await own.ledger.balance(id, now, at({ minutes: 90 }))).available).toBe('0');
    expect((await own.ledger.balance(id, now, now)).available).toBe('5');
  });

  test('is charged though the account was not known then', async () => {
    const now = at({ hours: 2 });
    const id = await person({ at: now, put: { created_at: now } });
    expect(await charge(own.ledger, id, { at: START, now })).toMatchObject({ charged: { plan: '1' } });
  });

  test('of a time when its window was over is paid by credits as soon as the other window is used up', async () => {
    const id = await person({ credits: '5' });
    for (const [hours, units] of [
      [0, '10'],
      [5, '10'],
      [10, '5'],
    ] as const)
      await charge(own.ledger, id, { units, at: at({ hours }) });
    const late = { at: at({ hours: 15, minutes: 1 }), now: at({ hours: 16 }) };
    expect((await charge(own.ledger, id, late)).charged).toEqual({ plan: '0', credits: '1' });
    await expectVerified(own.ledger);
  });

  test('is on the statement with the balance that it left', async () => {
    const id = await person({ credits: '5' });
    await charge(own.ledger, id, { units: '12' });
    await charge(own.ledger, id, { at: at({ hours: 1 }), now: at({ hours: 2 }) });
    const lines = await own.sql(
      'SELECT amount::int, balance_after::int AS left FROM boon.entries WHERE account_id = $1 ORDER BY transfer',
      [id],
    );
    expect(lines.map(({ amount, left }) => [Number(amount) / 1e6, Number(left) / 1e6])).toEqual([
      [5, 5],
      [-2, 3],
      [-1, 2],
    ]);
  });

  test('is paid by a lot that had not expired then, and not by one that had', async () => {
    const id = await person({ credits: '5', expires_at: at({ hours: 1 }) });
    await charge(own.ledger, id, { units: '10' });
    const now = at({ hours: 2 });
    expect(await charge(own.ledger, id, { at: at({ hours: 1, ms: -1 }), now })).toMatchObject({
      charged: { credits: '1' },
      available: '0',
    });
    await expect(charge(own.ledger, id, { at: at({ hours: 1 }), now })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
  });
});

describe('a usage id', () => {
  test('is each account’s own: the same id of another account is another use', async () => {
    const [one, other] = [await person(), await person()];
    const use = useRequest(one);
    expect(await own.ledger.use(use)).toMatchObject({ replayed: false });
    expect(await own.ledger.use({ ...use, account_id: other, units: '3' })).toMatchObject({
      replayed: false,
      value: { charged: { plan: '3' } },
    });
  });

  test.each([
    // The five-hour window is full when the week ends; the week is full when the five-hour window ends.
    [
      'week',
      [
        [0, 1],
        [167, 10],
      ],
      168,
    ],
    [
      'five-hour window',
      [
        [0, 10],
        [6, 10],
        [12, 5],
      ],
      17,
    ],
  ] as const)('is answered again as it was, of a use just as the %s ends', async (_window, uses, end) => {
    const id = await person({ credits: '10' });
    for (const [hours, units] of uses) await charge(own.ledger, id, { units: `${units}`, at: at({ hours }) });
    const use = useRequest(id, { units: '3', at: at({ hours: end }) });
    const first = await own.ledger.use(use);
    expect(first.value.charged).toMatchObject({ plan: '0', credits: '3' });
    expect(await own.ledger.use(use)).toEqual({ value: first.value, replayed: true });
    const soon = useRequest(id, { units: '3', at: at({ hours: end, minutes: 59 }) });
    const second = await own.ledger.use(soon);
    expect(second.value.charged).toMatchObject({ plan: '0', credits: '3' });
    expect(await own.ledger.use(soon)).toEqual({ value: second.value, replayed: true });
  });

  test('is remembered to the last moment of 32 days', async () => {
    const id = await person();
    const use = useRequest(id);
    await own.ledger.use(use);
    const again = (now: string) => own.ledger.use({ ...use, at: now, now });
    expect(await again(at({ days: 32, ms: -1 }))).toMatchObject({ replayed: true });
    expect(await again(at({ days: 32 }))).toMatchObject({ replayed: false });
  });
});

describe('an organisation’s statement', () => {
  test('shows whose use each line is, and adds up to its balance', async () => {
    await seedOrganisation(own.ledger, 'guild', ['gus', 'gwen']);
    await grant(own.ledger, 'guild', '6', { expires_at: at({ days: 1 }) });
    await grant(own.ledger, 'guild', '6');
    for (const member of ['gus', 'gwen']) await charge(own.ledger, member, { id: 'req', units: '14' });
    const { data } = await own.ledger.statement('guild', { limit: 10 });
    expect(data.map(({ amount, reference, balance_after }) => [reference, amount, balance_after])).toEqual([
      ['gwen/req', '-2', '4'],
      ['gwen/req', '-2', '6'],
      ['gus/req', '-4', '8'],
      [expect.any(String), '6', '12'],
      [expect.any(String), '6', '6'],
    ]);
    expect((await own.ledger.balance('guild', START)).available).toBe('4');
    const [use] = (await own.ledger.listUsage('gwen', { limit: 1 })).data;
    expect(use?.lots.map(({ lot_id, amount }) => [lot_id, `-${amount}`])).toEqual(
      data
        .slice(0, 2)
        .map(({ lot_id, amount }) => [lot_id, amount])
        .reverse(),
    );
  });

  test('of which a member leaves pays no more for it, and knows what it took', async () => {
    await seedOrganisation(own.ledger, 'former', ['lea']);
    await grant(own.ledger, 'former', '50');
    await charge(own.ledger, 'lea', { units: '11' });
    await own.ledger.putAccount('lea', { plan: 'business', org_id: null }, START);
    await expect(charge(own.ledger, 'lea')).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    expect(await own.ledger.pool('former', START)).toMatchObject({
      available: '49',
      members: [{ account_id: 'lea', spent: '1' }],
    });
    await own.ledger.putAccount('lea', { plan: 'business', org_id: 'guild' }, START);
    expect(await charge(own.ledger, 'lea')).toMatchObject({ charged: { credits: '1' } });
    expect((await own.ledger.pool('former', START)).spent).toBe('1');
  });
});

describe('warnings', () => {
  const warned = async (id: string) =>
    (
      await own.sql(
        `SELECT data ->> 'limit' || ' ' || (data ->> 'percent') AS mark FROM boon.events
         WHERE type = 'usage.warning' AND subject = $1 ORDER BY seq`,
        [id],
      )
    ).map(({ mark }) => mark);

  test('come at the mark exactly and once, however many uses pass it at once', async () => {
    const id = await person();
    await charge(own.ledger, id, { units: '7.999999' });
    expect(await warned(id)).toEqual([]);
    await Promise.all(Array.from({ length: 20 }, () => charge(own.ledger, id, { units: '0.000001' })));
    expect(await warned(id)).toEqual(['five_hour 80']);
    await charge(own.ledger, id, { units: '1.999981' });
    expect(await warned(id)).toEqual(['five_hour 80', 'five_hour 100']);
  });

  test('come again in the next window, and after a reset', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await charge(own.ledger, id, { units: '8' });
    await redeem(own.ledger, id);
    await charge(own.ledger, id, { units: '8' });
    await charge(own.ledger, id, { units: '8', at: at({ hours: 5 }) });
    expect(await warned(id)).toEqual(['five_hour 80', 'five_hour 80', 'five_hour 80']);
    await charge(own.ledger, id, { units: '4', at: at({ hours: 10 }) });
    expect((await warned(id)).slice(3)).toEqual(['weekly 80']);
  });
});

test('an account that is idle while the partition of its uses is dropped leaves the ledger sound', async () => {
  const second = await openTestLedger({ plans: PLANS, usage: { keep_for: 'P2M' } });
  try {
    await seedAccount(second.ledger, 'ann', { credits: '100' });
    await charge(second.ledger, 'ann', { units: '15' });
    await second.ledger.tendUsage(START);
    expect(await second.ledger.tendUsage('2026-06-01T00:00:00.000Z')).toBe(1);
    await expectVerified(second.ledger);
  } finally {
    await second.close();
  }
});

test('uses of one account in one call are answered in it, and one of them that is reported twice is asked again', async () => {
  const id = await person();
  const call = [useRequest(id, { units: '2' }), useRequest(id, { units: '3' })] as const;
  const told = [...call, call[0]].map((use, i) => ({ ...use, units: Number(use.units) * 1e6, i }));
  const answers = await own.sql(
    'SELECT i, code, plan_part::int FROM boon_code.use((SELECT max(version) FROM boon.usage_rules), $1)',
    [JSON.stringify(told)],
  );
  expect(answers).toEqual([
    { i: 0, code: null, plan_part: 2_000_000 },
    { i: 1, code: null, plan_part: 3_000_000 },
    { i: 2, code: 'again', plan_part: 0 },
  ]);
});

describe('uses in one moment, the last of a billing month and the first of the next', () => {
  const [last, first] = ['2026-03-31T23:59:59.999999Z', '2026-04-01T00:00:00.000000Z'];

  test('have each the limit of their month: one’s own', async () => {
    const id = await person({ credits: '9', put: { billing_day: 1, spending_limit: '3' } });
    await charge(own.ledger, id, { units: '10', at: '2026-03-31T23:00:00.000Z' });
    const paid = [last, first].map((moment) => charge(own.ledger, id, { units: '2', at: moment }));
    expect((await Promise.all(paid)).map(({ charged }) => charged.credits)).toEqual(['2', '2']);
  });

  test('have each the limit of their month: the organisation’s', async () => {
    await seedOrganisation(own.ledger, 'edge-month', ['edge-of-month'], { spending_limit: '3' });
    await grant(own.ledger, 'edge-month', '9');
    await charge(own.ledger, 'edge-of-month', { units: '10', at: '2026-03-31T23:00:00.000Z' });
    const paid = [last, first].map((moment) =>
      charge(own.ledger, 'edge-of-month', { units: '2', at: moment }),
    );
    expect((await Promise.all(paid)).map(({ charged }) => charged.credits)).toEqual(['2', '2']);
  });
});
