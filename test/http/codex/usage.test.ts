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

/** The 5-hour window of plus holds 25, the weekly one 150. */
test.each([
  ['0.000001', 1],
  ['0.124999', 1],
  ['0.375', 2],
  ['12.499999', 50],
  ['24.874999', 99],
  ['24.999999', 99],
  ['25', 100],
  ['25.000001', 100],
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
