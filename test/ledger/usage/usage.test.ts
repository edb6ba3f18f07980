import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BoonError } from '../../../src/contracts/errors.ts';
import { act, available, give, grant, refusal } from '../../support/gifts.ts';
import { bank, redeem } from '../../support/resets.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge, seedOrganisation, useRequest } from '../../support/usage.ts';

/** Small numbers: 10 in 5 hours, 25 in a week. */
const PLANS = {
  plus: { five_hour: '10', weekly: '25' },
  business: { five_hour: '10', weekly: '25' },
  pro: { five_hour: null, weekly: null },
  free: { five_hour: '10', weekly: '25' },
};

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ plans: PLANS });
});
afterAll(() => own.close());

let people = 0;
async function person(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `person-${people}`, options);
  return `person-${people}`;
}
const at = (by: Parameters<typeof later>[1]) => later(START, by);
const limits = (id: string, when = START) => own.ledger.limits(id, when);
const warnings = async (id: string) =>
  (
    await own.sql(
      `SELECT data ->> 'limit' AS limit, (data ->> 'percent')::int AS percent FROM boon.events
       WHERE type = 'usage.warning' AND subject = $1 ORDER BY seq`,
      [id],
    )
  ).map(({ limit, percent }) => `${limit} ${percent}`);

describe('the plan', () => {
  test('pays first, in both windows, which open with the first use', async () => {
    const id = await person({ credits: '100' });
    expect(await charge(own.ledger, id, { units: '4' })).toEqual({
      allowed: true,
      charged: { plan: '4', credits: '0' },
      windows: {
        five_hour: { used: '4', limit: '10', started_at: START, resets_at: at({ hours: 5 }) },
        weekly: { used: '4', limit: '25', started_at: START, resets_at: at({ days: 7 }) },
      },
      available: '100',
    });
    const later = await charge(own.ledger, id, { units: '2.5', at: at({ hours: 1 }) });
    expect(later.windows.five_hour).toMatchObject({ used: '6.5', started_at: START });
    expect((await limits(id, at({ hours: 1 }))).windows).toEqual(later.windows);
  });

  test('is full again exactly 5 hours and exactly 7 days after the window began, and not a millisecond before', async () => {
    const id = await person();
    await charge(own.ledger, id, { units: '10' });
    const before = at({ hours: 5, ms: -1 });
    await expect(charge(own.ledger, id, { at: before })).rejects.toMatchObject({
      ...refusal('limit_reached', 'no_credits'),
      limit: { next_window_at: at({ hours: 5 }), resets_available: 0 },
    });
    expect(await charge(own.ledger, id, { units: '10', at: at({ hours: 5 }) })).toMatchObject({
      charged: { plan: '10' },
      windows: {
        five_hour: { used: '10', started_at: at({ hours: 5 }) },
        weekly: { used: '20', started_at: START },
      },
    });
    await charge(own.ledger, id, { units: '5', at: at({ days: 7, ms: -1 }) });
    await expect(charge(own.ledger, id, { at: at({ days: 7, ms: -1 }) })).rejects.toMatchObject({
      limit: { next_window_at: at({ days: 7 }) },
    });
    expect(await charge(own.ledger, id, { at: at({ days: 7 }) })).toMatchObject({
      windows: { weekly: { used: '1', started_at: at({ days: 7 }) } },
    });
  });

  test('without a limit pays everything', async () => {
    const id = await person({ put: { plan: 'pro' } });
    expect(await charge(own.ledger, id, { units: '1000000' })).toMatchObject({
      charged: { plan: '1000000', credits: '0' },
      windows: { weekly: { used: '1000000', limit: null } },
    });
  });

  test('is full again after a reset, and what was used before it does not count', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await charge(own.ledger, id, { units: '10' });
    await expect(charge(own.ledger, id)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The plan does not cover this use until .* 1 banked reset can be redeemed/,
      ),
      limit: { resets_available: 1 },
    });
    await redeem(own.ledger, id);
    expect(await charge(own.ledger, id, { units: '10' })).toMatchObject({
      charged: { plan: '10', credits: '0' },
    });
  });
});

describe('a use that straddles the limit', () => {
  test('is split exactly, to the last micro-credit', async () => {
    const id = await person({ credits: '100' });
    await charge(own.ledger, id, { units: '9.999999' });
    expect(await charge(own.ledger, id, { units: '2.000001' })).toMatchObject({
      charged: { plan: '0.000001', credits: '2' },
      windows: { five_hour: { used: '10' }, weekly: { used: '10' } },
      available: '98',
    });
  });

  test('is refused whole when the credits do not pay the rest, and costs nothing', async () => {
    const id = await person({ credits: '3' });
    await charge(own.ledger, id, { units: '8' });
    await expect(charge(own.ledger, id, { units: '5.000001' })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
    expect(await limits(id)).toMatchObject({ windows: { five_hour: { used: '8' } }, available: '3' });
    expect(await charge(own.ledger, id, { units: '5' })).toMatchObject({
      charged: { plan: '2', credits: '3' },
      available: '0',
    });
  });
});

describe('the switch', () => {
  test('off: credits are never touched', async () => {
    const id = await person({ credits: '100', put: { use_credits: 'off' } });
    await charge(own.ledger, id, { units: '10' });
    await expect(charge(own.ledger, id, { use_credits: true })).rejects.toMatchObject(
      refusal('limit_reached', 'credits_off'),
    );
    expect(await available(own.ledger, id)).toBe('100');
  });

  test('ask: only a use that says so is paid by credits', async () => {
    const id = await person({ credits: '100', put: { use_credits: 'ask' } });
    await charge(own.ledger, id, { units: '10' });
    await expect(charge(own.ledger, id)).rejects.toMatchObject({
      ...refusal('limit_reached', 'credits_on_request'),
      message: expect.stringContaining('`use_credits: true`'),
    });
    expect(await charge(own.ledger, id, { use_credits: true })).toMatchObject({
      charged: { plan: '0', credits: '1' },
    });
    await expect(charge(own.ledger, id)).rejects.toMatchObject(
      refusal('limit_reached', 'credits_on_request'),
    );
  });

  test('auto, which is the default: credits go on by themselves', async () => {
    const id = await person({ credits: '100' });
    expect((await own.ledger.findAccount(id)).use_credits).toBe('auto');
    expect(await charge(own.ledger, id, { units: '11' })).toMatchObject({
      charged: { plan: '10', credits: '1' },
    });
  });
});

describe('credits', () => {
  test('are burnt in burn order among the lots that may pay for the product', async () => {
    const id = await person({ put: { plan: 'plus' } });
    await charge(own.ledger, id, { units: '10' });
    const lot = async (more: Parameters<typeof grant>[3], amount = '2') =>
      (await grant(own.ledger, id, amount, more)).value.id;
    const lasting = await lot({});
    const video = await lot({ products: ['video'], expires_at: at({ days: 1 }) });
    const soon = await lot({ expires_at: at({ days: 2 }) });
    const promotional = await lot({ source: 'promotional', expires_at: at({ days: 3 }) });
    const earned = await lot({ source: 'earned', expires_at: at({ days: 3 }) });
    const use = useRequest(id, { units: '7' });
    await own.ledger.use(use);
    const { data } = await own.ledger.listUsage(id, { limit: 1 });
    expect(data[0]).toMatchObject({
      id: use.id,
      units: '7',
      charged: { plan: '0', credits: '7' },
      windows: { five_hour: null, weekly: null },
      lots: [
        { account_id: id, lot_id: soon, amount: '2' },
        { account_id: id, lot_id: promotional, amount: '2' },
        { account_id: id, lot_id: earned, amount: '2' },
        { account_id: id, lot_id: lasting, amount: '1' },
      ],
    });
    expect((await own.ledger.statement(id, { limit: 4 })).data).toMatchObject([
      { kind: 'usage', amount: '-1', lot_id: lasting, balance_after: '3', reference: use.id },
      { kind: 'usage', amount: '-2', lot_id: earned, balance_after: '4', reference: use.id },
      { kind: 'usage', amount: '-2', lot_id: promotional, balance_after: '6', reference: use.id },
      { kind: 'usage', amount: '-2', lot_id: soon, balance_after: '8', reference: use.id },
    ]);
    await charge(own.ledger, id, { product: 'video', units: '0.3' });
    expect((await own.ledger.listUsage(id, { limit: 1 })).data[0]?.lots).toMatchObject([
      { lot_id: video, amount: '2' },
      { lot_id: lasting, amount: '1' },
    ]);
  });

  test('pay only for the products of the plan', async () => {
    const id = await person({ credits: '100', put: { plan: 'free' } });
    await charge(own.ledger, id, { units: '10' });
    await expect(charge(own.ledger, id)).rejects.toMatchObject(
      refusal('limit_reached', 'not_paid_by_credits'),
    );
    expect(await charge(own.ledger, id, { product: 'video' })).toMatchObject({
      charged: { plan: '0', credits: '10' },
    });
  });

  test('that expire pay until the millisecond they do', async () => {
    const id = await person({ credits: '5', expires_at: at({ hours: 1 }) });
    await charge(own.ledger, id, { units: '10' });
    expect(await charge(own.ledger, id, { at: at({ hours: 1, ms: -1 }) })).toMatchObject({ available: '4' });
    await expect(charge(own.ledger, id, { at: at({ hours: 1 }) })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
  });

  test('for one product stay so when they are given away', async () => {
    const [from, to] = [await person(), await person()];
    await grant(own.ledger, from, '10', { products: ['video'] });
    const gift = await give(own.ledger, from, to);
    await own.ledger.advanceGift(gift.id, at({ days: 1 }));
    expect((await own.ledger.balance(to, at({ days: 1 }))).lots).toMatchObject([{ products: ['video'] }]);
  });

  test('on hold in a gift pay for nothing, and do when they are back', async () => {
    const [from, to] = [await person({ credits: '10' }), await person()];
    await charge(own.ledger, from, { units: '10' });
    const gift = await give(own.ledger, from, to);
    await expect(charge(own.ledger, from)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    await act(own.ledger, gift, 'cancel', START);
    expect(await charge(own.ledger, from)).toMatchObject({ charged: { credits: '1' } });
  });
});

describe('the rate card', () => {
  test('prices each model, those it does not name at the default, and rounds up', async () => {
    const id = await person();
    expect(await charge(own.ledger, id, { model: 'codex-mini', units: '2' })).toMatchObject({
      charged: { plan: '0.5' },
    });
    expect(await charge(own.ledger, id, { model: 'codex-next', units: '2' })).toMatchObject({
      charged: { plan: '2' },
    });
    expect(await charge(own.ledger, id, { model: 'codex-mini', units: '0.000001' })).toMatchObject({
      charged: { plan: '0.000001' },
    });
  });

  test('changes at its moment, to the millisecond, for uses of that moment', async () => {
    const change = at({ hours: 1 });
    const rates = [
      { from: null, credits: '1' },
      { from: change, credits: '3' },
    ];
    await own.ledger.usePolicy(policyWith({ plans: PLANS, rate_card: { codex: { default: rates } } }), START);
    const id = await person();
    const now = at({ hours: 2 });
    expect(await charge(own.ledger, id, { at: at({ hours: 1, ms: -1 }), now })).toMatchObject({
      charged: { plan: '1' },
    });
    expect(await charge(own.ledger, id, { at: change, now })).toMatchObject({ charged: { plan: '3' } });
    await own.ledger.usePolicy(policyWith({ plans: PLANS }), START);
  });

  test('is asked for products it has, and prices within reason', async () => {
    const id = await person();
    await expect(charge(own.ledger, id, { product: 'tea' })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'product' }],
    });
    await expect(charge(own.ledger, id, { product: 'video', units: '1000000000' })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'units' }],
    });
  });
});

describe('a usage id', () => {
  test('is charged once and answers the same, whatever happened since', async () => {
    const id = await person({ credits: '100' });
    const use = useRequest(id, { units: '12' });
    const first = await own.ledger.use(use);
    await charge(own.ledger, id, { units: '3' });
    const again = await own.ledger.use({ ...use, at: at({ days: 8 }), now: at({ days: 8 }) });
    expect(again).toEqual({ value: first.value, replayed: true });
    expect(await available(own.ledger, id)).toBe('95');
  });

  test('fifty times at once is charged once', async () => {
    const id = await person({ credits: '100' });
    const use = useRequest(id, { units: '12' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => own.ledger.use(use)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ value }) => JSON.stringify(value))).size).toBe(1);
    expect(await limits(id)).toMatchObject({ available: '98', windows: { five_hour: { used: '10' } } });
  });

  test('that was already used for a different request is refused', async () => {
    const id = await person();
    const use = useRequest(id);
    await own.ledger.use(use);
    for (const other of [{ units: '2' }, { product: 'video' }, { model: 'codex-mini' }]) {
      await expect(own.ledger.use({ ...use, ...other })).rejects.toMatchObject(
        refusal('idempotency_mismatch'),
      );
    }
  });

  test('of a refused use may be asked again, and is charged when there is room', async () => {
    const id = await person();
    await charge(own.ledger, id, { units: '10' });
    const use = useRequest(id);
    await expect(own.ledger.use(use)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    const now = at({ hours: 5 });
    expect((await own.ledger.use({ ...use, at: now, now })).value).toMatchObject({ charged: { plan: '1' } });
  });
});

describe('a use that is reported late', () => {
  const now = at({ hours: 6 });

  test('counts in the window that was open then, if that is the latest', async () => {
    const id = await person();
    await charge(own.ledger, id, { units: '4' });
    const answer = await charge(own.ledger, id, { units: '2', at: at({ hours: 3 }), now });
    // The 5-hour window is over by now, so that it has used nothing now; but it was not, then.
    expect(answer.windows).toMatchObject({
      five_hour: { used: '0', started_at: null },
      weekly: { used: '6' },
    });
    expect((await limits(id, now)).windows).toEqual(answer.windows);
    expect((await limits(id, at({ hours: 3 }))).windows.five_hour.used).toBe('6');
    await expect(charge(own.ledger, id, { units: '5', at: at({ hours: 4 }), now })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
  });

  test('counts in the one of its time, though another is open by now', async () => {
    const id = await person();
    await charge(own.ledger, id, { units: '4' });
    await charge(own.ledger, id, { units: '1', at: at({ hours: 5 }) });
    const answer = await charge(own.ledger, id, { units: '2', at: at({ hours: 4 }), now });
    expect(answer.windows).toMatchObject({
      five_hour: { used: '1', started_at: at({ hours: 5 }) },
      weekly: { used: '7' },
    });
  });

  test('opens the window when it is the first, so that it may be over by now', async () => {
    const id = await person();
    const answer = await charge(own.ledger, id, { at: START, now });
    expect(answer.windows).toMatchObject({ five_hour: { started_at: null }, weekly: { started_at: START } });
  });

  test('is taken a day later, and not a millisecond after that', async () => {
    const id = await person();
    await charge(own.ledger, id, { at: START, now: at({ days: 1 }) });
    await expect(charge(own.ledger, id, { at: START, now: at({ days: 1, ms: 1 }) })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'at' }],
    });
  });
});

describe('who may use', () => {
  test('an account that exists and is not frozen', async () => {
    const id = await person({ credits: '10', put: { status: 'frozen' } });
    await expect(charge(own.ledger, id)).rejects.toMatchObject(refusal('account_frozen', 'frozen'));
    await expect(charge(own.ledger, 'nobody')).rejects.toMatchObject(refusal('not_found'));
  });
});

describe('an organisation', () => {
  test('pays for its members before their own credits do, and knows who spent what', async () => {
    await seedOrganisation(own.ledger, 'acme', ['amy', 'bert']);
    await grant(own.ledger, 'acme', '10');
    await grant(own.ledger, 'amy', '5');
    expect(await charge(own.ledger, 'amy', { units: '14' })).toMatchObject({
      charged: { plan: '10', credits: '4' },
      available: '5',
    });
    expect(await charge(own.ledger, 'bert', { units: '13' })).toMatchObject({ charged: { credits: '3' } });
    expect(await charge(own.ledger, 'amy', { units: '5' })).toMatchObject({
      charged: { credits: '5' },
      available: '3',
    });
    expect((await own.ledger.listUsage('amy', { limit: 1 })).data[0]?.lots).toMatchObject([
      { account_id: 'acme', amount: '3' },
      { account_id: 'amy', amount: '2' },
    ]);
    expect(await own.ledger.pool('acme', START)).toMatchObject({
      available: '0',
      spent: '10',
      members: [
        { account_id: 'amy', spent: '7', limit: null },
        { account_id: 'bert', spent: '3', limit: null },
      ],
    });
    await expect(charge(own.ledger, 'bert')).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
  });

  test('pays no more than the member’s limit in a month, and again in the next', async () => {
    await seedOrganisation(own.ledger, 'beta', ['carl']);
    await grant(own.ledger, 'beta', '100');
    await own.ledger.putAccount('carl', { plan: 'business', pool_limit: '5' }, START);
    await charge(own.ledger, 'carl', { units: '15' });
    await expect(charge(own.ledger, 'carl')).rejects.toMatchObject(refusal('limit_reached', 'member_limit'));
    expect(await warnings('carl')).toEqual(['five_hour 80', 'five_hour 100', 'member 80', 'member 100']);
    const lastOfMarch = '2026-03-31T23:59:59.999Z';
    await charge(own.ledger, 'carl', { units: '10', at: lastOfMarch });
    await expect(charge(own.ledger, 'carl', { at: lastOfMarch })).rejects.toMatchObject(
      refusal('limit_reached', 'member_limit'),
    );
    expect(await charge(own.ledger, 'carl', { at: '2026-04-01T00:00:00.000Z' })).toMatchObject({
      charged: { credits: '1' },
    });
  });

  test('that is frozen pays nothing', async () => {
    await seedOrganisation(own.ledger, 'gone', ['dora']);
    await grant(own.ledger, 'gone', '100');
    await own.ledger.putAccount('gone', { plan: 'business', status: 'frozen' }, START);
    await charge(own.ledger, 'dora', { units: '10' });
    await expect(charge(own.ledger, 'dora')).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
  });
});

describe('a spending limit', () => {
  test('of an account is kept to the micro-credit, warned of at 80 and 100 per cent, and begins anew each month', async () => {
    const id = await person({ credits: '100', put: { spending_limit: '10', billing_day: 1 } });
    await charge(own.ledger, id, { units: '17.999999' });
    expect(await warnings(id)).toEqual(['five_hour 80', 'five_hour 100']);
    await charge(own.ledger, id, { units: '0.000001' });
    await expect(charge(own.ledger, id, { units: '2.000001' })).rejects.toMatchObject(
      refusal('limit_reached', 'spending_limit'),
    );
    await charge(own.ledger, id, { units: '2' });
    expect(await warnings(id)).toEqual(['five_hour 80', 'five_hour 100', 'spending 80', 'spending 100']);
    expect(await charge(own.ledger, id, { units: '20', at: '2026-04-01T00:00:00.000Z' })).toMatchObject({
      charged: { credits: '10' },
    });
  });

  test('of an organisation holds for all its members together', async () => {
    await seedOrganisation(own.ledger, 'tight', ['eve', 'finn'], { spending_limit: '6' });
    await grant(own.ledger, 'tight', '100');
    await charge(own.ledger, 'eve', { units: '14' });
    await expect(charge(own.ledger, 'finn', { units: '13' })).rejects.toMatchObject(
      refusal('limit_reached', 'spending_limit'),
    );
    await charge(own.ledger, 'finn', { units: '12' });
  });
});

describe('partitions', () => {
  test('a use that is refused makes none, whatever month it is for; one that is allowed makes its own', async () => {
    const second = await openTestLedger({ plans: PLANS });
    try {
      await seedAccount(second.ledger, 'ann', { put: { created_at: '2024-01-01T00:00:00.000Z' } });
      const months = () => second.sql('SELECT month::text FROM boon.usage_months');
      for (const [account, more] of [
        ['nobody', {}],
        ['ann', { units: '1000000' }],
        ['ann', { product: 'unknown' }],
        ['ann', { at: '2019-01-01T00:00:00.000Z', now: START }],
        ['ann', { at: '2031-01-01T00:00:00.000Z', units: '1000000' }],
      ] as const)
        await expect(charge(second.ledger, account, more)).rejects.toBeInstanceOf(BoonError);
      expect(await months()).toEqual([]);
      await Promise.all(['1', '1', '1'].map((units) => charge(second.ledger, 'ann', { units })));
      await charge(second.ledger, 'ann');
      expect(await months()).toEqual([{ month: '2026-03-01' }]);
    } finally {
      await second.close();
    }
  });

  test('a month that was dropped stays dropped: what is reported for it is too late, and nothing is charged', async () => {
    const second = await openTestLedger({ plans: PLANS, usage: { keep_for: 'P2M' } });
    try {
      await seedAccount(second.ledger, 'ann', { credits: '100' });
      await charge(second.ledger, 'ann', { id: 'told', units: '1' });
      await second.ledger.tendUsage('2026-06-01T00:00:00.000Z');
      const before = await second.ledger.balance('ann', START);
      for (const id of ['told', 'new'])
        await expect(charge(second.ledger, 'ann', { id, units: '1' })).rejects.toMatchObject({
          code: 'validation_failed',
          errors: [{ path: 'at', message: expect.stringContaining('too late') }],
        });
      expect(await second.ledger.balance('ann', START)).toEqual(before);
      await second.sql(`SELECT boon_code.make_usage_month('${START}')`);
      expect(await second.sql(`SELECT to_regclass('boon.usage_2026_03') AS part`)).toEqual([{ part: null }]);
    } finally {
      await second.close();
    }
  });

  test('are made ahead and dropped when the policy keeps them no longer; the ledger stays sound', async () => {
    const second = await openTestLedger({ plans: PLANS, usage: { keep_for: 'P2M' } });
    try {
      await seedAccount(second.ledger, 'ann', { credits: '100' });
      await charge(second.ledger, 'ann', { units: '15' });
      await second.ledger.tendUsage(START);
      const parts = async () =>
        (
          await second.sql(
            `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'boon.usage'::regclass ORDER BY 1`,
          )
        ).map(({ name }) => name);
      expect(await parts()).toEqual(['usage_2026_03', 'usage_2026_04']);
      expect(await second.ledger.tendUsage('2026-05-31T23:59:59.999Z')).toBe(0);
      expect(await second.ledger.tendUsage('2026-06-01T00:00:00.000Z')).toBe(1);
      expect(await parts()).not.toContain('usage_2026_03');
      await charge(second.ledger, 'ann', { units: '15', at: '2026-06-01T00:00:00.000Z' });
      expect((await second.ledger.listUsage('ann', { limit: 5 })).data).toHaveLength(1);
      await expect(second.sql(`UPDATE boon.usage_2026_06 SET units = 1`)).rejects.toThrow('append-only');
    } finally {
      await second.close();
    }
  });
});
