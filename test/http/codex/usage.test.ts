import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codexClient } from '../../support/codex-callers.ts';
import { ClientUsage } from '../../support/codex-expectations.ts';
import { bank, redeem, use } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    jwt: { trustUnsigned: true },
    policy: {
      plans: {
        enterprise: { five_hour: null, weekly: null },
        edu: { five_hour: null, weekly: '10' },
        business: { five_hour: '0', weekly: '0' },
      },
    },
  });
});
afterAll(() => server.close());

const SECOND = Date.parse(START) / 1000;

async function usageOf(id: string) {
  const { status, json } = await codexClient(server, id).get('usage');
  expect(status).toBe(200);
  return ClientUsage.parse(json);
}

test('the usage of an account that has used nothing shows full windows that would end a whole length from now', async () => {
  await seedAccount(server.ledger, 'new');
  expect(await usageOf('new')).toEqual({
    plan_type: 'plus',
    account_id: 'new',
    user_id: 'user-of-new',
    email: 'new@example.com',
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: {
        used_percent: 0,
        limit_window_seconds: 18_000,
        reset_after_seconds: 18_000,
        reset_at: SECOND + 18_000,
      },
      secondary_window: {
        used_percent: 0,
        limit_window_seconds: 604_800,
        reset_after_seconds: 604_800,
        reset_at: SECOND + 604_800,
      },
    },
    credits: { has_credits: false, unlimited: false, balance: '0' },
    spend_control: null,
    rate_limit_reached_type: null,
    rate_limit_reset_credits: { available_count: 0, applicable_available_count: 0 },
    additional_rate_limits: [],
    promo: null,
  });
});

test('resets apply once something is used, and credits are a decimal string', async () => {
  await seedAccount(server.ledger, 'ada', { credits: '40.5' });
  await bank(server.ledger, 'ada', { count: 2 });
  expect((await usageOf('ada')).rate_limit_reset_credits).toEqual({
    available_count: 2,
    applicable_available_count: 0,
  });
  await use(server.ledger, 'ada', '12.5');
  const usage = await usageOf('ada');
  expect(usage.rate_limit_reset_credits).toEqual({ available_count: 2, applicable_available_count: 2 });
  expect(usage.credits).toEqual({ has_credits: true, unlimited: false, balance: '40.5' });
  expect(usage.rate_limit?.primary_window?.used_percent).toBe(50);
  expect(usage.rate_limit?.secondary_window?.used_percent).toBe(8);
});

test('resets apply where something is used of a window that has a limit', async () => {
  for (const [plan, applicable] of [
    ['enterprise', 0],
    ['edu', 1],
  ] as const) {
    await seedAccount(server.ledger, `on-${plan}`, { put: { plan } });
    await bank(server.ledger, `on-${plan}`);
    await use(server.ledger, `on-${plan}`, '1');
    expect((await usageOf(`on-${plan}`)).rate_limit_reset_credits).toEqual({
      available_count: 1,
      applicable_available_count: applicable,
    });
  }
});

/** The 5-hour window of plus holds 25, the weekly one 150. */
test.each([
  ['0.000001', 1],
  ['0.124999', 1],
  ['0.375', 2],
  ['12.499999', 50],
  ['24.874999', 99],
  ['24.999999', 99],
  ['25', 100],
])(
  '%s used of 25 is %i percent: 0 only when nothing is used, 100 only when nothing is left',
  async (amount, percent) => {
    const id = `part-${amount}`;
    await seedAccount(server.ledger, id);
    await use(server.ledger, id, amount);
    const { rate_limit } = await usageOf(id);
    expect(rate_limit?.primary_window?.used_percent).toBe(percent);
    expect(rate_limit?.limit_reached).toBe(percent === 100);
  },
);

describe('limits reached', () => {
  test('a used-up 5-hour window is reached, with its reset to the whole second', async () => {
    await seedAccount(server.ledger, 'five');
    await use(server.ledger, 'five', '25', later(START, { minutes: -10, ms: 1 }));
    const { rate_limit, rate_limit_reached_type } = await usageOf('five');
    expect(rate_limit).toMatchObject({ allowed: false, limit_reached: true });
    expect(rate_limit_reached_type).toEqual({ type: 'rate_limit_reached' });
    // Ends a millisecond after the second: who waits for the whole second told is not too early.
    expect(rate_limit?.primary_window).toMatchObject({
      reset_at: SECOND + 18_000 - 600 + 1,
      reset_after_seconds: 18_000 - 600 + 1,
    });
  });

  test('a used-up weekly window is reached while the 5-hour window is not', async () => {
    await seedAccount(server.ledger, 'week');
    for (const days of [6, 5, 4, 3, 2, 1])
      await use(server.ledger, 'week', '25', later(START, { days: -days }));
    const { rate_limit, rate_limit_reached_type } = await usageOf('week');
    expect(rate_limit).toMatchObject({ allowed: false, limit_reached: true });
    expect([
      rate_limit?.primary_window?.used_percent,
      rate_limit?.secondary_window?.used_percent,
      rate_limit_reached_type?.type,
    ]).toEqual([0, 100, 'rate_limit_reached']);
  });

  test('a redeemed reset restores both, and a window that has run out is full again', async () => {
    await seedAccount(server.ledger, 'back');
    await use(server.ledger, 'back', '25');
    await bank(server.ledger, 'back');
    await redeem(server.ledger, 'back');
    const { rate_limit, rate_limit_reset_credits } = await usageOf('back');
    expect(rate_limit).toMatchObject({ allowed: true, limit_reached: false });
    expect(rate_limit?.secondary_window?.used_percent).toBe(0);
    expect(rate_limit_reset_credits?.available_count).toBe(0);
    await seedAccount(server.ledger, 'over');
    await use(server.ledger, 'over', '25', later(START, { hours: -5 }));
    expect((await usageOf('over')).rate_limit).toMatchObject({ limit_reached: false });
  });
});

test('an account that used more than its new plan includes has used it up, at 100 percent and no more', async () => {
  await seedAccount(server.ledger, 'down', { put: { plan: 'pro' } });
  await use(server.ledger, 'down', '100');
  await server.ledger.putAccount('down', { plan: 'plus' }, START);
  const { rate_limit } = await usageOf('down');
  expect(rate_limit).toMatchObject({ allowed: false, primary_window: { used_percent: 100 } });
});

describe('credits beyond a plan that is used up', () => {
  async function usedUp(id: string, options: Parameters<typeof seedAccount>[2] = {}) {
    await seedAccount(server.ledger, id, options);
    await use(server.ledger, id, '25');
    return usageOf(id);
  }

  test('go on by themselves: allowed, though the limit is reached', async () => {
    expect(await usedUp('rich', { credits: '0.000001' })).toMatchObject({
      rate_limit: { allowed: true, limit_reached: true },
      credits: { has_credits: true, balance: '0.000001' },
      rate_limit_reached_type: null,
    });
  });

  test.each(['off', 'ask'] as const)(
    'do not go on where the account has switched them to %s',
    async (use_credits) => {
      expect(await usedUp(`credits-${use_credits}`, { credits: '5', put: { use_credits } })).toMatchObject({
        rate_limit: { allowed: false, limit_reached: true },
        credits: { has_credits: true, balance: '5' },
        rate_limit_reached_type: { type: 'rate_limit_reached' },
      });
    },
  );

  test('are none where the plan’s credits do not pay for Codex', async () => {
    await seedAccount(server.ledger, 'free', { credits: '5', put: { plan: 'free' } });
    await use(server.ledger, 'free', '5');
    expect(await usageOf('free')).toMatchObject({ rate_limit: { allowed: false }, credits: null });
  });

  test('end with the account’s spending limit, shown in credits and whole percent until the month ends', async () => {
    const put = { spending_limit: '8', billing_day: 20 };
    await seedAccount(server.ledger, 'thrifty', { credits: '50', put });
    await use(server.ledger, 'thrifty', '27.5');
    const spent = await usageOf('thrifty');
    expect(spent.rate_limit?.allowed).toBe(true);
    expect(spent.spend_control).toEqual({
      reached: false,
      individual_limit: {
        limit: '8',
        used: '2.5',
        remaining: '5.5',
        used_percent: 31,
        remaining_percent: 69,
        // The billing month ends on 20 March.
        reset_after_seconds: 9.5 * 86_400,
        reset_at: SECOND + 9.5 * 86_400,
      },
    });
    await use(server.ledger, 'thrifty', '5.5');
    expect(await usageOf('thrifty')).toMatchObject({
      rate_limit: { allowed: false },
      credits: { has_credits: false, balance: '42' },
      spend_control: { reached: true, individual_limit: { remaining: '0', used_percent: 100 } },
      rate_limit_reached_type: { type: 'rate_limit_reached' },
    });
    await server.ledger.putAccount('thrifty', { plan: 'plus', spending_limit: '3' }, START);
    expect((await usageOf('thrifty')).spend_control).toMatchObject({
      reached: true,
      individual_limit: { used: '8', remaining: '0', used_percent: 100, remaining_percent: 0 },
    });
  });

  test('of an organisation go on for its member, up to the member’s limit and to its last credit', async () => {
    const org = { kind: 'organisation', plan: 'pro' } as const;
    await seedAccount(server.ledger, 'org', { credits: '10', put: org });
    for (const id of ['mia', 'tom'])
      await seedAccount(server.ledger, id, { put: { org_id: 'org', pool_limit: id === 'mia' ? '4' : null } });
    await use(server.ledger, 'mia', '25');
    expect(await usageOf('mia')).toMatchObject({
      rate_limit: { allowed: true, limit_reached: true },
      credits: { has_credits: true, balance: '0' },
      spend_control: { reached: false, individual_limit: { limit: '4', used: '0' } },
    });
    await use(server.ledger, 'mia', '4');
    expect(await usageOf('mia')).toMatchObject({
      rate_limit: { allowed: false },
      spend_control: { reached: true },
      rate_limit_reached_type: { type: 'workspace_member_usage_limit_reached' },
    });
    await use(server.ledger, 'tom', '31');
    expect(await usageOf('tom')).toMatchObject({
      rate_limit: { allowed: false },
      credits: { has_credits: false },
      spend_control: null,
      rate_limit_reached_type: { type: 'workspace_member_credits_depleted' },
    });
  });
});

describe('a member of an organisation that is invoiced', () => {
  const firm = { kind: 'organisation', plan: 'business', billing: 'invoice', billing_day: 1 } as const;
  async function member(id: string, put: object = {}, of: object = {}) {
    await seedAccount(server.ledger, `${id}-firm`, { put: { ...firm, ...of } });
    await seedAccount(server.ledger, id, { put: { org_id: `${id}-firm`, ...put } });
    await use(server.ledger, id, '25');
    return usageOf(id);
  }

  test('goes on without end: credits are unlimited', async () => {
    expect(await member('ivy')).toMatchObject({
      rate_limit: { allowed: true, limit_reached: true },
      credits: { has_credits: true, unlimited: true, balance: '0' },
      rate_limit_reached_type: null,
    });
    await use(server.ledger, 'ivy', '1000000');
    expect((await usageOf('ivy')).credits?.unlimited).toBe(true);
  });

  test('goes on up to the most that may be invoiced, and then its workspace has nothing left', async () => {
    expect(await member('jon', {}, { invoice_ceiling: '3' })).toMatchObject({
      rate_limit: { allowed: true },
      credits: { has_credits: true, unlimited: false, balance: '0' },
    });
    await use(server.ledger, 'jon', '3');
    expect(await usageOf('jon')).toMatchObject({
      rate_limit: { allowed: false },
      credits: { has_credits: false, unlimited: false },
      rate_limit_reached_type: { type: 'workspace_member_credits_depleted' },
    });
  });

  test('goes on up to its own limit', async () => {
    expect(await member('kay', { pool_limit: '4' })).toMatchObject({
      rate_limit: { allowed: true },
      credits: { has_credits: true, unlimited: false },
      spend_control: { reached: false, individual_limit: { limit: '4', used: '0' } },
    });
    await use(server.ledger, 'kay', '4');
    expect(await usageOf('kay')).toMatchObject({
      rate_limit: { allowed: false },
      spend_control: { reached: true },
      rate_limit_reached_type: { type: 'workspace_member_usage_limit_reached' },
    });
  });
});

test('a frozen account is not allowed to go on, whatever it has left', async () => {
  await seedAccount(server.ledger, 'ice', { credits: '5', put: { status: 'frozen' } });
  expect(await usageOf('ice')).toMatchObject({
    rate_limit: { allowed: false, limit_reached: false, primary_window: { used_percent: 0 } },
    rate_limit_reached_type: { type: 'rate_limit_reached' },
  });
});

test('a plan without a limit has no windows and is allowed; one with a weekly limit only has that', async () => {
  await seedAccount(server.ledger, 'endless', { put: { plan: 'enterprise' } });
  expect((await usageOf('endless')).rate_limit).toEqual({
    allowed: true,
    limit_reached: false,
    primary_window: null,
    secondary_window: null,
  });
  await seedAccount(server.ledger, 'weekly', { put: { plan: 'edu' } });
  await use(server.ledger, 'weekly', '10');
  expect((await usageOf('weekly')).rate_limit).toMatchObject({
    allowed: false,
    primary_window: null,
    secondary_window: { used_percent: 100 },
  });
});

test('a plan that includes nothing is reached from the start', async () => {
  await seedAccount(server.ledger, 'none', { put: { plan: 'business' } });
  expect((await usageOf('none')).rate_limit).toMatchObject({
    allowed: false,
    limit_reached: true,
    primary_window: { used_percent: 100 },
  });
});

test('every path of the two styles answers the same', async () => {
  await seedAccount(server.ledger, 'paths');
  const texts = [];
  for (const base of ['/backend-api/wham', '/api/codex', '/backend-api/codex'])
    texts.push((await codexClient(server, 'paths', base).get('usage')).text);
  expect(new Set(texts).size).toBe(1);
  // Clients add parameters of theirs.
  expect((await codexClient(server, 'paths').get('usage?supports_rewardless_invites=true')).status).toBe(200);
});

test('a newer client is told that its account is served where it is', async () => {
  await seedAccount(server.ledger, 'acme', { put: { kind: 'organisation', plan: 'business' } });
  const { status, json } = await codexClient(server, 'acme').get('accounts/check');
  expect([status, json]).toEqual([
    200,
    {
      accounts: [
        {
          id: 'acme',
          structure: 'workspace',
          plan_type: 'business',
          workspace_backend_origin: 'NO_CONSTRAINT',
          account_routing_override: 'NO_CONSTRAINT',
        },
      ],
      account_ordering: ['acme'],
      default_account_id: 'acme',
    },
  ]);
});
