/** Whatever the API takes at its bounds can be written down and read again: no answer is a 500. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PolicySchema } from '../../src/contracts/policy.schema.ts';
import { PLANS } from '../../src/domain/account.ts';
import { LOT_SOURCES } from '../../src/domain/lot.ts';
import { runToItsEnd } from '../support/campaigns.ts';
import { runs, SEED } from '../support/effort.ts';
import { type PolicyPatch, policyWith } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const MOST = '1000000000';
const LONGEST = 'P100Y';
const ALLOW = { verdict: 'allow' } as const;
const READ = [
  '',
  '/balance',
  '/limits',
  '/gifting',
  '/statement',
  '/usage',
  '/resets',
  '/purchases',
  '/invoices',
];

/** Everything as large as a policy may have it. */
const LARGEST: PolicyPatch = {
  gifts: {
    identity_required: false,
    min_account_age: 'PT0S',
    settlement: LONGEST,
    claim_window: LONGEST,
    hold_at_most: LONGEST,
    gifted_credits_valid_for: LONGEST,
    returned_credits_valid_for: LONGEST,
    new_within: LONGEST,
    max: MOST,
    limits: { per_day: { count: 1e9, amount: MOST }, per_month: { count: 1e9, amount: MOST } },
    promotional_quota: { count: 1e9, amount: MOST },
    screening: {
      velocity: { ...ALLOW, gifts: 1e9, within: LONGEST },
      new_account: { ...ALLOW, younger_than: LONGEST, above: MOST },
      shared_fingerprint: ALLOW,
      fan_in: { ...ALLOW, senders: 1000, within: LONGEST },
      fan_out: { ...ALLOW, recipients: 1000, within: LONGEST },
      circle: { verdict: 'hold', within: LONGEST },
    },
  },
  plans: Object.fromEntries(
    PLANS.map((plan) => [plan, { five_hour: MOST, weekly: MOST, credits: ['codex', 'video'] }]),
  ),
  rate_card: { codex: { default: [{ from: null, credits: MOST }] } },
  usage: { accept_late_for: 'P7D', keep_for: LONGEST },
  resets: { valid_for: LONGEST, return_within: LONGEST, reminders: [LONGEST] },
  packages: { 'credits-100': { credits: MOST, price: { amount: 99_999_999, currency: 'usd' } } },
  purchases: { credits_valid_for: LONGEST, top_up_pause: LONGEST, reminders: [LONGEST] },
  invoices: { hundred_credits: { amount: 99_999_999, currency: 'usd' }, due_within: LONGEST },
  programs: {
    'codex-pilot': {
      opens_at: null,
      closes_at: null,
      invites: 1e9,
      prompts: 1000,
      dormancy: LONGEST,
      rewards: { referrer: { resets: 100, credits: MOST }, friend: { resets: 100, credits: MOST } },
      monthly_cap: 1000,
      invite_valid_for: LONGEST,
      clawback_within: LONGEST,
      credits_valid_for: LONGEST,
    },
  },
};
/** Everything as small, and no window without a limit. */
const SMALLEST: PolicyPatch = {
  gifts: {
    identity_required: false,
    min_account_age: 'PT0S',
    settlement: 'PT0S',
    claim_window: 'PT1S',
    hold_at_most: 'PT1S',
    gifted_credits_valid_for: 'PT1S',
    returned_credits_valid_for: 'PT0S',
    new_within: 'PT0S',
    min: '0.000001',
    max: '0.000001',
  },
  plans: Object.fromEntries(PLANS.map((plan) => [plan, { five_hour: '0.000001', weekly: null }])),
  rate_card: { codex: { default: [{ from: null, credits: '0.000001' }] } },
  resets: { valid_for: 'PT1S', return_within: 'PT0S', reminders: [] },
  invoices: { hundred_credits: { amount: 1, currency: 'usd' }, due_within: 'PT0S' },
};

const amount = fc.constantFrom('0.000001', '1', '999999999.999999', MOST);
const instant = fc.constantFrom(
  '1970-01-01T00:00:00Z',
  '1970-01-01T00:00:00+23:59',
  '2024-02-29T23:59:59.999999999Z',
  '2026-03-10T12:00:00.001Z',
  '2999-12-31T23:59:59.999Z',
  '2999-12-31T23:59:59.999999999-23:59',
);
const duration = fc.constantFrom('PT1S', 'P1Y2M3W4DT5H6M7S', 'P36525D', 'PT3155760000S', 'P1200M', LONGEST);
const nullable = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const who = fc.nat(3);

/** One call: a path, and what is sent; numbers stand for the accounts of the scenario. */
type Call = { method: 'PUT' | 'POST'; path: string; who: number; to?: number; body: Record<string, unknown> };

const put = fc.record({
  method: fc.constant('PUT' as const),
  path: fc.constant('/v1/accounts'),
  who,
  body: fc.record(
    {
      plan: fc.constantFrom(...PLANS),
      kind: fc.constantFrom('person', 'organisation'),
      billing_day: fc.constantFrom(1, 28, 29, 31),
      created_at: instant,
      identity_verified_at: nullable(instant),
      last_active_at: nullable(instant),
      auto_redeem: fc.boolean(),
      use_credits: fc.constantFrom('off', 'ask', 'auto'),
      spending_limit: nullable(fc.constantFrom('0', MOST)),
      pool_limit: nullable(fc.constantFrom('0', MOST)),
      invoice_ceiling: nullable(fc.constantFrom('0', MOST)),
      billing: fc.constantFrom('pool', 'invoice'),
      cohorts: fc.constantFrom([], ['beta', '𝕏'.repeat(100)]),
    },
    { requiredKeys: ['plan'] },
  ),
});
const post = (path: string, body: fc.Arbitrary<Record<string, unknown>>) =>
  fc.record({ method: fc.constant('POST' as const), path: fc.constant(path), who, to: who, body });
const campaign = fc.oneof(
  fc.record({ kind: fc.constant('grant_reset'), resets: fc.constantFrom(1, 100), ongoing: fc.boolean() }),
  fc.record({ kind: fc.constant('reset_windows') }),
  fc.record({
    kind: fc.constant('grant_credits'),
    amount,
    expires_at: maybe(instant),
    giftable: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('grant_credits'), amount, valid_for: duration, ongoing: fc.boolean() }),
);
const call: fc.Arbitrary<Call> = fc.oneof(
  put,
  post(
    '/v1/credits/grants',
    fc.record({
      amount,
      source: fc.constantFrom(...LOT_SOURCES),
      expires_at: maybe(nullable(instant)),
      giftable: fc.boolean(),
      reason: fc.constantFrom('x', '𝕏'.repeat(20)),
    }),
  ),
  post('/v1/transfers', fc.record({ amount })),
  post('/v1/resets/grants', fc.record({ count: fc.constantFrom(1, 100), reason: fc.constant('bounds') })),
  post(
    '/v1/usage',
    fc.record({
      product: fc.constantFrom('codex', 'video'),
      units: amount,
      at: maybe(instant),
      use_credits: fc.boolean(),
    }),
  ),
  post('/v1/activity', fc.record({ kind: fc.constantFrom('login', 'prompt'), at: instant })),
  post('/v1/campaigns', campaign),
  post('/v1/referrals', fc.record({ program: fc.constant('codex-pilot') })),
  post('/resets/redeem', fc.record({ dry_run: fc.boolean() })),
);

let scenario = 0;
let serial = 0;

/** The request of a call in this scenario. */
function requestOf({ path, who, to, body }: Call, name: (n: number) => string): [string, object] {
  serial += 1;
  switch (path) {
    case '/v1/accounts':
      return [`${path}/${name(who)}`, body];
    case '/resets/redeem':
      return [`/v1/accounts/${name(who)}${path}`, { ...body, request_id: `r${serial}` }];
    case '/v1/transfers':
      return [path, { ...body, from: name(who), to: { account_id: name(to ?? 0) } }];
    case '/v1/referrals':
      return [path, { ...body, from: name(who), to: { email: `friend${serial}@example.com` } }];
    case '/v1/campaigns':
      return [path, { ...body, reason: 'bounds' }];
    case '/v1/usage':
    case '/v1/activity':
      return [path, { ...body, account_id: name(who), id: `b${serial}` }];
    default:
      return [path, { ...body, account_id: name(who) }];
  }
}

/** Sends it, and asserts that the answer is no fault of the server’s. */
async function sound(server: TestServer, method: string, path: string, body?: object) {
  const answer = await server.send(method, path, body === undefined ? {} : { body });
  expect(answer.status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`).toBeLessThan(500);
  return answer;
}

async function play(server: TestServer, calls: readonly Call[]): Promise<void> {
  scenario += 1;
  const name = (n: number) => `b${scenario}-${n}`;
  for (const n of [0, 1, 2, 3]) {
    const member = n === 3 ? { org_id: name(2) } : { kind: n === 2 ? 'organisation' : 'person' };
    const made = await sound(server, 'PUT', `/v1/accounts/${name(n)}`, { plan: 'business', ...member });
    expect(made.status).toBeLessThan(300);
  }
  for (const one of calls) {
    const [path, body] = requestOf(one, name);
    const answer = await sound(server, one.method, path, body);
    if (one.path !== '/v1/campaigns' || answer.status !== 202) continue;
    const id = String(answer.json.id);
    const ran = await runToItsEnd(server.ledger, id, { size: 1000, at: server.time.now.toISOString() });
    expect(ran.remaining).toBe(0);
    // Else it would be for all accounts of the scenarios that follow.
    await sound(server, 'POST', `/v1/campaigns/${id}/cancel`, {});
    expect((await sound(server, 'GET', `/v1/campaigns/${id}`)).status).toBe(200);
  }
  for (const n of [0, 1, 2, 3]) {
    const reads = READ.map((path) => sound(server, 'GET', `/v1/accounts/${name(n)}${path}`));
    for (const read of await Promise.all(reads)) expect(read.status, read.text).toBe(200);
    for (const as_of of ['1970-01-01T00:00:00Z', '2999-12-31T23:59:59.999Z'])
      await sound(server, 'GET', `/v1/accounts/${name(n)}/balance?as_of=${as_of}`);
    // Of organisations only.
    await sound(server, 'GET', `/v1/accounts/${name(n)}/pool`);
    await sound(server, 'GET', `/v1/accounts/${name(n)}/eligibility?program=codex-pilot`);
    await sound(server, 'GET', `/v1/accounts/${name(n)}/reward-window?program=codex-pilot`);
  }
}

test.each([
  ['the shipped policy', {}, '2026-03-10T12:00:00.000Z'],
  ['the largest policy', LARGEST, '2026-03-10T12:00:00.000Z'],
  ['the smallest policy', SMALLEST, '2026-03-10T12:00:00.000Z'],
  ['the largest policy at the end of the year 2899', LARGEST, '2899-12-31T23:59:59.999Z'],
] as [string, PolicyPatch, string][])(
  'what is taken at its bounds under %s can be read, and nothing is a 500',
  async (_, policy, now) => {
    const server = await openTestServer({ policy });
    server.time.now = new Date(now);
    expect(PolicySchema.safeParse(policyWith(policy).policy).error).toBeUndefined();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(call, { minLength: 6, maxLength: 12 }), (calls) => play(server, calls)),
        { seed: SEED, numRuns: runs(5), endOnFailure: true },
      );
    } finally {
      await server.close();
    }
  },
  120_000,
);
