import { afterAll, beforeAll, expect, test } from 'vitest';
import { give } from '../../support/gifts.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const GRANTS = '/v1/credits/grants';

test('an account is created, shown, and changed field by field', async () => {
  const created = await server.send('PUT', '/v1/accounts/ada', {
    body: {
      plan: 'plus',
      name: ' Ada Lovelace ',
      email: 'ada@example.com',
      identity_verified_at: '2026-01-01T02:00:00+02:00',
      created_at: '2025-01-01T00:00:00Z',
      billing_day: 31,
      cohorts: ['early'],
    },
  });
  expect(created.status).toBe(201);
  expect(created.json).toEqual({
    id: 'ada',
    name: 'Ada Lovelace',
    kind: 'person',
    plan: 'plus',
    status: 'active',
    email: 'ada@example.com',
    billing_day: 31,
    identity_verified_at: '2026-01-01T00:00:00.000Z',
    created_at: '2025-01-01T00:00:00.000Z',
    last_active_at: null,
    cohorts: ['early'],
    org_id: null,
    auto_redeem: false,
    use_credits: 'auto',
    spending_limit: null,
    pool_limit: null,
    billing: 'pool',
    invoice_ceiling: null,
    billing_month: { starts_at: '2026-02-28T00:00:00.000Z', ends_at: '2026-03-31T00:00:00.000Z' },
    billing_day_from: null,
  });
  const changed = await server.send('PUT', '/v1/accounts/ada', { body: { plan: 'pro' } });
  expect(changed.json).toEqual({ ...created.json, plan: 'pro' });
  expect((await server.send('GET', '/v1/accounts/ada')).json).toEqual(changed.json);
  const unnamed = await server.send('PUT', '/v1/accounts/ada', { body: { plan: 'pro', name: null } });
  expect(unnamed.json).toEqual({ ...changed.json, name: null });
  for (const name of [
    '',
    ' ',
    'a'.repeat(101),
    'Ada\r\nBcc: bob@example.com',
    // Nothing to be seen, and what turns the words after it around.
    '\u200b\u00ad',
    'Ada \u202emoc.elpmaxe',
    '\u2066Ada',
  ])
    expect(await server.send('PUT', '/v1/accounts/ada', { body: { plan: 'pro', name } })).toMatchObject({
      status: 400,
    });
});

test('PATCH changes what it names and nothing else, a freeze without a plan', async () => {
  const made = await server.send('PUT', '/v1/accounts/pat', { body: { plan: 'plus', name: 'Pat' } });
  const frozen = await server.send('PATCH', '/v1/accounts/pat', { body: { status: 'frozen' } });
  expect([frozen.status, frozen.json]).toEqual([200, { ...made.json, status: 'frozen' }]);
  const same = await server.send('PATCH', '/v1/accounts/pat', { body: {} });
  expect(same.json).toEqual(frozen.json);
  const changed = await server.send('PATCH', '/v1/accounts/pat', { body: { plan: 'pro', name: null } });
  expect(changed.json).toEqual({ ...frozen.json, plan: 'pro', name: null });
});

test('PATCH makes no account, and takes only what an account may become', async () => {
  const none = await server.send('PATCH', '/v1/accounts/nobody', { body: { plan: 'plus' } });
  expect([none.status, none.json.code]).toEqual([404, 'not_found']);
  expect((await server.send('GET', '/v1/accounts/nobody')).status).toBe(404);
  expect(await server.sql("SELECT FROM boon.ledger_accounts WHERE id = 'nobody'")).toEqual([]);
  await server.send('PUT', '/v1/accounts/pit', { body: { plan: 'plus' } });
  const own = await server.send('PATCH', '/v1/accounts/pit', { body: { org_id: 'pit' } });
  expect(own).toMatchObject({ status: 400, json: { errors: [{ path: 'org_id' }] } });
  const unknown = await server.send('PATCH', '/v1/accounts/pit', { body: { state: 'frozen' } });
  expect(unknown).toMatchObject({ status: 400, json: { errors: [{ path: 'state' }] } });
});

test('a billing day that moves is shown with the moment from which it is in force; the running month keeps its end', async () => {
  const put = (billing_day: number) =>
    server.send('PUT', '/v1/accounts/mia', { body: { plan: 'plus', billing_day } });
  const running = { starts_at: '2026-03-01T00:00:00.000Z', ends_at: '2026-04-01T00:00:00.000Z' };
  expect((await put(1)).json).toMatchObject({
    billing_day: 1,
    billing_month: running,
    billing_day_from: null,
  });
  const moved = { billing_day: 11, billing_month: running, billing_day_from: running.ends_at };
  expect((await put(11)).json).toMatchObject(moved);
  expect((await server.send('GET', '/v1/accounts/mia')).json).toMatchObject(moved);
  expect((await put(1)).json).toMatchObject({
    billing_day: 1,
    billing_month: running,
    billing_day_from: null,
  });
  await put(11);
  const was = server.time.now;
  server.time.now = new Date(running.ends_at);
  expect((await server.send('GET', '/v1/accounts/mia')).json).toMatchObject({
    billing_month: { starts_at: running.ends_at, ends_at: '2026-05-11T00:00:00.000Z' },
    billing_day_from: null,
  });
  server.time.now = was;
});

test.each([
  ['its own organisation', 'olaf', { org_id: 'olaf' }, 'org_id'],
  ['of an organisation that is not there', 'olaf', { org_id: 'nowhere' }, 'org_id'],
  ['of a person', 'olaf', { org_id: 'pia' }, 'org_id'],
  ['an organisation of another', 'olaf', { kind: 'organisation', org_id: 'orga' }, 'org_id'],
  ['a person, while it has members', 'orga', { kind: 'person' }, 'kind'],
])('no account becomes %s', async (_words, id, body, path) => {
  for (const [one, more] of [
    ['orga', { kind: 'organisation' }],
    ['pia', { org_id: 'orga' }],
  ] as const)
    await server.send('PUT', `/v1/accounts/${one}`, { body: { plan: 'business', ...more } });
  const answer = await server.send('PUT', `/v1/accounts/${id}`, { body: { plan: 'business', ...body } });
  expect(answer).toMatchObject({ status: 400, json: { code: 'validation_failed', errors: [{ path }] } });
});

test.each(['PUT', 'PATCH'])(
  'an account that %s makes active again has the processes of its pending gifts look again, as far as Temporal answers',
  async (method) => {
    await seedAccount(server.ledger, 'ice', { credits: '10' });
    await seedAccount(server.ledger, 'joe');
    server.giftProcess.refreshed.length = 0;
    await give(server.ledger, 'ice', 'joe', { id: `gft_thawed_by_${method}` });
    const become = async (status: string) => {
      const body = method === 'PUT' ? { plan: 'plus', status } : { status };
      const answer = await server.send(method, '/v1/accounts/ice', { body });
      if (server.giftProcess.temporal === 'answers') await server.starts.idle();
      return answer;
    };
    await become('frozen');
    expect(server.giftProcess.refreshed).toEqual([]);
    await become('active');
    expect(server.giftProcess.refreshed).toContain(`gft_thawed_by_${method}`);
    server.giftProcess.temporal = 'refuses';
    expect((await become('active')).status).toBe(200);
    server.giftProcess.temporal = 'answers';
  },
);

test('fingerprints are taken and never shown', async () => {
  const answer = await server.send('PUT', '/v1/accounts/ada', {
    body: { plan: 'pro', fingerprints: ['device:1'] },
  });
  expect(answer.text).not.toContain('device');
});

test('ids with every allowed character can be used in paths', async () => {
  const id = 'org:42_a.b@c+d-E';
  const put = await server.send('PUT', `/v1/accounts/${encodeURIComponent(id)}`, {
    body: { plan: 'business', kind: 'organisation' },
  });
  expect(put.json).toMatchObject({ id, kind: 'organisation' });
  expect((await server.send('GET', `/v1/accounts/${id}`)).json.id).toBe(id);
});

test('a grant makes a lot; its replay is the same lot', async () => {
  const body = {
    account_id: 'ada',
    amount: '40.5',
    source: 'purchased',
    expires_at: '2027-01-01T00:00:00Z',
    reason: 'order 17',
  };
  const first = await server.send('POST', GRANTS, { body, key: 'order-17' });
  expect(first.status).toBe(201);
  expect(first.json).toEqual({
    id: expect.any(String),
    account_id: 'ada',
    reason: 'order 17',
    source: 'purchased',
    granted: '40.5',
    remaining: '40.5',
    granted_at: START,
    expires_at: '2027-01-01T00:00:00.000Z',
    giftable: true,
    products: null,
  });
  const second = await server.send('POST', GRANTS, { body, key: 'order-17' });
  expect([second.text, second.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
  const other = await server.send('POST', GRANTS, { body: { ...body, amount: '41' }, key: 'order-17' });
  expect(other.json.code).toBe('idempotency_mismatch');
});

test('only purchased credits may be given away unless the grant says otherwise', async () => {
  const grant = (source: string, giftable?: boolean) =>
    server.send('POST', GRANTS, { body: { account_id: 'ada', amount: '1', source, reason: 'r', giftable } });
  expect((await grant('earned')).json.giftable).toBe(false);
  expect((await grant('earned', true)).json.giftable).toBe(true);
  expect((await grant('purchased', false)).json.giftable).toBe(false);
});

test('the balance of a past moment is answered', async () => {
  await server.send('PUT', '/v1/accounts/past', { body: { plan: 'plus' } });
  await server.send('POST', GRANTS, {
    body: { account_id: 'past', amount: '5', source: 'purchased', reason: 'first' },
  });
  server.time.now = new Date(later(START, { hours: 2 }));
  await server.send('POST', GRANTS, {
    body: { account_id: 'past', amount: '7', source: 'purchased', reason: 'second' },
  });
  const now = await server.send('GET', '/v1/accounts/past/balance');
  expect(now.json).toMatchObject({ available: '12', as_of: server.time.now.toISOString() });
  const before = await server.send('GET', `/v1/accounts/past/balance?as_of=${later(START, { hours: 1 })}`);
  expect(before.json).toMatchObject({ available: '5', as_of: later(START, { hours: 1 }) });
  server.time.now = new Date(START);
});

test('a statement comes in pages and its last balance is the sum of its amounts', async () => {
  await server.send('PUT', '/v1/accounts/busy', { body: { plan: 'plus' } });
  for (let i = 1; i <= 5; i++) {
    await server.send('POST', GRANTS, {
      body: { account_id: 'busy', amount: `${i}.25`, source: 'purchased', reason: 'r' },
    });
  }
  const first = await server.send('GET', '/v1/accounts/busy/statement?limit=3');
  const second = await server.send(
    'GET',
    `/v1/accounts/busy/statement?limit=3&cursor=${first.json.next_cursor}`,
  );
  const rows = [
    ...(first.json.data as Record<string, string>[]),
    ...(second.json.data as Record<string, string>[]),
  ];
  expect(second.json.next_cursor).toBeNull();
  expect(rows.map((row) => row.amount)).toEqual(['5.25', '4.25', '3.25', '2.25', '1.25']);
  expect(rows[0]).toEqual({
    id: expect.any(String),
    at: START,
    recorded_at: expect.stringMatching(/Z$/),
    kind: 'grant',
    amount: '5.25',
    balance_after: '16.25',
    lot_id: expect.any(String),
    reference: expect.any(String),
  });
});

test('an account without movements has an empty statement', async () => {
  await server.send('PUT', '/v1/accounts/quiet', { body: { plan: 'plus' } });
  expect((await server.send('GET', '/v1/accounts/quiet/statement')).json).toEqual({
    data: [],
    next_cursor: null,
  });
});

test('the budget of promotional gifts is filled by a grant and can be looked at', async () => {
  await server.send('POST', GRANTS, {
    body: { account_id: 'boon:promotional', amount: '1000', source: 'promotional', reason: 'Q1' },
  });
  const balance = await server.send('GET', '/v1/accounts/boon:promotional/balance');
  expect([balance.status, balance.json.available]).toEqual([200, '1000']);
  expect((await server.send('GET', '/v1/accounts/boon:promotional/statement')).json.data).toHaveLength(1);
});

test('gifting says whether an account may give, how much, and why not', async () => {
  const ada = await server.send('GET', '/v1/accounts/ada/gifting');
  expect(ada.json).toMatchObject({ account_id: 'ada', eligible: true, reasons: [], min: '1', max: '1000' });
  const past = await server.send('GET', '/v1/accounts/past/gifting');
  expect(past.json.eligible).toBe(false);
  const codes = (past.json.reasons as { code: string; fix: string }[]).map((reason) => reason.code);
  expect(codes).toContain('identity_unverified');
});
