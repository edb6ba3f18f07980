import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CodexAppServer, type CodexHome, codexHome } from '../support/codex-cli.ts';
import { bank, use } from '../support/resets.ts';
import { later, seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

/** The first run on a machine fetches the client. */
const PATIENCE = 300_000;

type Window = { usedPercent: number; windowDurationMins: number; resetsAt: number };
type RateLimits = {
  rateLimits: {
    limitId: string;
    primary: Window | null;
    secondary: Window | null;
    credits: { hasCredits: boolean; unlimited: boolean; balance: string } | null;
    planType: string;
    rateLimitReachedType: string | null;
  };
  rateLimitResetCredits: {
    availableCount: number;
    credits: { id: string; status: string; grantedAt: number; expiresAt: number; title: string }[];
  };
  accountId: string;
};

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    jwt: { trustUnsigned: true },
    policy: { plans: { enterprise: { five_hour: null, weekly: null } } },
  });
  // The client has a clock of its own.
  server.time.now = new Date();
});
afterAll(() => server.close());

const now = () => server.time.now.toISOString();
const seconds = (at: string) => Math.ceil(Date.parse(at) / 1000);

describe.each(['chatgpt', 'codex'] as const)('codex app-server, with paths of the style %s', (style) => {
  const account = `ada-${style}`;
  let home: CodexHome;
  let client: CodexAppServer;
  beforeAll(async () => {
    await seedAccount(server.ledger, account, { credits: '40.5', at: now() });
    home = await codexHome(server.baseUrl, account, style);
    client = await CodexAppServer.start(home);
  }, PATIENCE);
  afterAll(async () => {
    await client.stop();
    await home.remove();
  });

  const read = () => client.request<RateLimits>('account/rateLimits/read');
  const consume = (params: { idempotencyKey: string; creditId?: string }) =>
    client.request<{ outcome: string }>('account/rateLimitResetCredit/consume', params);

  test('reads limits, credits and resets, and redeems one once', async () => {
    const [soonest, other] = await bank(server.ledger, account, { count: 2, at: now() });
    await use(server.ledger, account, '12.5', now());

    const before = await read();
    expect(before).toMatchObject({
      accountId: account,
      rateLimits: {
        limitId: 'codex',
        primary: {
          usedPercent: 50,
          windowDurationMins: 300,
          resetsAt: seconds(later(now(), { hours: 5 })),
        },
        secondary: {
          usedPercent: 8,
          windowDurationMins: 10_080,
          resetsAt: seconds(later(now(), { days: 7 })),
        },
        credits: { hasCredits: true, unlimited: false, balance: '40.5' },
        planType: 'plus',
        rateLimitReachedType: null,
      },
    });
    expect(before.rateLimitResetCredits.availableCount).toBe(2);
    expect(before.rateLimitResetCredits.credits).toMatchObject([
      {
        id: soonest.id,
        status: 'available',
        grantedAt: Math.floor(server.time.now.getTime() / 1000),
        expiresAt: Math.floor(Date.parse(soonest.expires_at) / 1000),
        title: 'Full reset (Weekly + 5 hr)',
      },
      { id: other?.id },
    ]);

    expect(await consume({ idempotencyKey: 'first' })).toEqual({ outcome: 'reset' });
    expect(await consume({ idempotencyKey: 'first' })).toEqual({ outcome: 'alreadyRedeemed' });
    const after = await read();
    expect(after.rateLimits.primary?.usedPercent).toBe(0);
    expect(after.rateLimits.secondary?.usedPercent).toBe(0);
    expect(after.rateLimitResetCredits.availableCount).toBe(1);

    expect(await consume({ idempotencyKey: 'second' })).toEqual({ outcome: 'nothingToReset' });
    await use(server.ledger, account, '25', now());
    // Credits go on, until the account switches them off.
    expect((await read()).rateLimits).toMatchObject({
      primary: { usedPercent: 100 },
      rateLimitReachedType: null,
    });
    await server.ledger.putAccount(account, { plan: 'plus', use_credits: 'off' }, now());
    expect((await read()).rateLimits.rateLimitReachedType).toBe('rate_limit_reached');
    expect(await consume({ idempotencyKey: 'third', creditId: other?.id ?? '' })).toEqual({
      outcome: 'reset',
    });
    await use(server.ledger, account, '1', now());
    expect(await consume({ idempotencyKey: 'fourth' })).toEqual({ outcome: 'noCredit' });
  });
});

describe('codex app-server, of accounts in other states', () => {
  const homes: CodexHome[] = [];
  const clients: CodexAppServer[] = [];
  afterAll(async () => {
    for (const client of clients) await client.stop();
    for (const home of homes) await home.remove();
  });
  async function clientOf(account: string): Promise<CodexAppServer> {
    const home = await codexHome(server.baseUrl, account);
    homes.push(home);
    const client = await CodexAppServer.start(home);
    clients.push(client);
    return client;
  }

  test('a plan without limits has no windows', async () => {
    await seedAccount(server.ledger, 'endless', { put: { plan: 'enterprise' }, at: now() });
    const client = await clientOf('endless');
    expect(await client.request<RateLimits>('account/rateLimits/read')).toMatchObject({
      rateLimits: { primary: null, secondary: null, planType: 'enterprise', rateLimitReachedType: null },
      rateLimitResetCredits: { availableCount: 0, credits: [] },
    });
  });

  test('a member’s limit on its organisation’s credits is read, and shown when it is reached', async () => {
    const at = now();
    const org = { kind: 'organisation', plan: 'pro' } as const;
    await seedAccount(server.ledger, 'org', { credits: '50', put: org, at });
    await seedAccount(server.ledger, 'mia', { put: { org_id: 'org', pool_limit: '10' }, at });
    await use(server.ledger, 'mia', '27.5', at);
    const client = await clientOf('mia');
    const read = () => client.request<RateLimits>('account/rateLimits/read');
    expect((await read()).rateLimits).toMatchObject({
      primary: { usedPercent: 100 },
      credits: { hasCredits: true, balance: '0' },
      individualLimit: { limit: '10', used: '2.5', remainingPercent: 75 },
      spendControlReached: false,
      rateLimitReachedType: null,
    });
    await use(server.ledger, 'mia', '7.5', at);
    expect((await read()).rateLimits).toMatchObject({
      individualLimit: { used: '10', remainingPercent: 0 },
      spendControlReached: true,
      rateLimitReachedType: 'workspace_member_usage_limit_reached',
    });
  });

  test('a member of an organisation that is invoiced has unlimited credits', async () => {
    const at = now();
    const firm = { kind: 'organisation', plan: 'business', billing: 'invoice' } as const;
    await seedAccount(server.ledger, 'firm', { put: firm, at });
    await seedAccount(server.ledger, 'ina', { put: { org_id: 'firm' }, at });
    await use(server.ledger, 'ina', '30', at);
    const client = await clientOf('ina');
    expect((await client.request<RateLimits>('account/rateLimits/read')).rateLimits).toMatchObject({
      primary: { usedPercent: 100 },
      credits: { hasCredits: true, unlimited: true, balance: '0' },
      rateLimitReachedType: null,
    });
  });

  test('a frozen account redeems nothing, and is told so in the client’s own terms', async () => {
    await seedAccount(server.ledger, 'ice', { at: now() });
    await bank(server.ledger, 'ice', { at: now() });
    await use(server.ledger, 'ice', '1', now());
    await server.ledger.putAccount('ice', { plan: 'plus', status: 'frozen' }, now());
    const client = await clientOf('ice');
    expect((await client.request<RateLimits>('account/rateLimits/read')).rateLimits).toMatchObject({
      primary: { usedPercent: 4 },
      rateLimitReachedType: 'rate_limit_reached',
    });
    expect(await client.request('account/rateLimitResetCredit/consume', { idempotencyKey: 'x' })).toEqual({
      outcome: 'noCredit',
    });
  });

  test('an account is served where the client is set to: it asks no more than that this be HTTPS', async () => {
    await seedAccount(server.ledger, 'gil', { at: now() });
    const client = await clientOf('gil');
    await expect(client.request('account/read', { refreshToken: false })).rejects.toThrow(
      'workspace backend must use an HTTPS origin without credentials',
    );
  });

  test('an account that Boon does not know is an error in words, and a redemption finds no credit', async () => {
    const client = await clientOf('stranger');
    await expect(client.request('account/rateLimits/read')).rejects.toThrow(
      'There is no account \\"stranger\\".',
    );
    expect(await client.request('account/rateLimitResetCredit/consume', { idempotencyKey: 'x' })).toEqual({
      outcome: 'noCredit',
    });
  });
});
