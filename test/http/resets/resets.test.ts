import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bank, redeem as redeemIt, use } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true } });
  await seedAccount(server.ledger, 'ada', { credits: '40.5' });
  await seedAccount(server.ledger, 'ben');
});
afterAll(() => server.close());

const GRANTS = '/v1/resets/grants';
const redeemPath = (id: string) => `/v1/accounts/${id}/resets/redeem`;
const redeem = (id: string, body: object, as?: string) =>
  server.send('POST', redeemPath(id), { body, key: null, ...(as === undefined ? {} : { as }) });
const tokenOf = (id: string) =>
  new UnsecuredJWT({ sub: id, exp: Math.floor(server.time.now.getTime() / 1000) + 600 }).encode();
async function keyWith(...scopes: string[]): Promise<string> {
  const { json } = await server.send('POST', '/v1/api-keys', { body: { name: 'test', scopes } });
  return String(json.key);
}

test('resets are granted by an operator once under their key, and listed with their expiry in UTC', async () => {
  const body = { account_id: 'ada', count: 2, reason: 'sorry', program: 'outage' };
  const granted = await server.send('POST', GRANTS, { body, key: 'grant-1' });
  expect(granted.status).toBe(201);
  const again = await server.send('POST', GRANTS, { body, key: 'grant-1' });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.json).toEqual(granted.json);
  const listed = await server.send('GET', '/v1/accounts/ada/resets');
  expect(listed.json).toEqual({ data: granted.json.resets, next_cursor: null });
  expect(listed.json.data).toMatchObject([
    {
      status: 'available',
      source: 'grant',
      source_id: null,
      program: 'outage',
      granted_at: START,
      expires_at: later(START, { days: 30 }),
    },
    { status: 'available' },
  ]);
  const other = await server.send('POST', GRANTS, { body: { ...body, count: 1 }, key: 'grant-1' });
  expect([other.status, other.json.code]).toEqual([422, 'idempotency_mismatch']);
  const withoutKey = await server.send('POST', GRANTS, { body, key: null });
  expect(withoutKey.json.code).toBe('idempotency_key_required');
});

test('a list of many resets goes on from page to page', async () => {
  await seedAccount(server.ledger, 'hoarder');
  for (const count of [100, 100, 5]) await bank(server.ledger, 'hoarder', { count });
  const spent = await bank(server.ledger, 'hoarder', { count: 2 });
  for (const { id } of spent) {
    await use(server.ledger, 'hoarder', '1');
    await redeemIt(server.ledger, 'hoarder', { reset_id: id });
  }
  const path = '/v1/accounts/hoarder/resets';
  expect((await server.send('GET', path)).json.data).toHaveLength(20);
  const first = await server.send('GET', `${path}?limit=100`);
  const second = await server.send('GET', `${path}?limit=100&cursor=${first.json.next_cursor}`);
  const third = await server.send('GET', `${path}?limit=100&cursor=${second.json.next_cursor}`);
  expect(third.json.next_cursor).toBeNull();
  const shown = [first, second, third].flatMap(({ json }) => json.data as { id: string; status: string }[]);
  expect(new Set(shown.map(({ id }) => id)).size).toBe(207);
  expect(shown.slice(205).map(({ id }) => id)).toEqual(spent.map(({ id }) => `rst_${id}`).toReversed());
  const few = await server.send('GET', `${path}?limit=3`);
  expect(few.json).toMatchObject({ data: shown.slice(0, 3) });
  for (const query of ['limit=0', 'limit=101', 'cursor=nonsense', 'page=2']) {
    expect((await server.send('GET', `${path}?${query}`)).status).toBe(400);
  }
});

test('limits show windows, credits and resets; a redemption restores, and its request id redeems once', async () => {
  await use(server.ledger, 'ada', '12.5');
  const limits = await server.send('GET', '/v1/accounts/ada/limits');
  expect(limits.json).toEqual({
    plan: 'plus',
    windows: {
      five_hour: { used: '12.5', limit: '25', started_at: START, resets_at: later(START, { hours: 5 }) },
      weekly: { used: '12.5', limit: '150', started_at: START, resets_at: later(START, { days: 7 }) },
    },
    available: '40.5',
    resets_available: 2,
    beyond_plan: [
      { product: 'codex', allowed: true, reason_code: null, up_to: '40.5' },
      { product: 'video', allowed: true, reason_code: null, up_to: '40.5' },
    ],
  });
  const preview = await redeem('ada', { request_id: 'r-1', dry_run: true });
  expect(preview.json).toMatchObject({
    outcome: 'reset',
    windows_reset: 2,
    before: limits.json.windows,
    redeemed_at: null,
  });
  expect((await server.send('GET', '/v1/accounts/ada/limits')).json).toEqual(limits.json);
  const done = await redeem('ada', { request_id: 'r-1' });
  expect([done.status, done.json.outcome]).toEqual([200, 'reset']);
  expect(done.json.after).toEqual(preview.json.after);
  expect((await redeem('ada', { request_id: 'r-1' })).json).toEqual({
    ...done.json,
    outcome: 'already_redeemed',
  });
  expect((await redeem('ada', { request_id: 'r-2' })).json).toMatchObject({
    outcome: 'nothing_to_reset',
    windows_reset: 0,
  });
  expect((await redeem('ben', { request_id: 'r-1' })).json).toMatchObject({
    outcome: 'no_credit',
    reset_id: null,
  });
});

test('a plan without a limit shows none', async () => {
  const unlimited = await openTestServer({ policy: { plans: { pro: { five_hour: null, weekly: null } } } });
  try {
    await seedAccount(unlimited.ledger, 'max', { put: { plan: 'pro' } });
    const { json } = await unlimited.send('GET', '/v1/accounts/max/limits');
    expect(json.windows).toMatchObject({ five_hour: { limit: null, used: '0' }, weekly: { limit: null } });
  } finally {
    await unlimited.close();
  }
});

test('a frozen account redeems nothing', async () => {
  await seedAccount(server.ledger, 'fay', { put: { status: 'frozen' } });
  const refused = await redeem('fay', { request_id: 'r' });
  expect([refused.status, refused.json.code]).toEqual([403, 'account_frozen']);
});

describe('an end user', () => {
  test('sees and redeems their own, and finds no other', async () => {
    await server.send('POST', GRANTS, { body: { account_id: 'ben', count: 1, reason: 'sorry' } });
    await use(server.ledger, 'ben', '1');
    const as = tokenOf('ben');
    for (const part of ['limits', 'resets']) {
      expect((await server.send('GET', `/v1/accounts/ben/${part}`, { as })).status).toBe(200);
      const other = await server.send('GET', `/v1/accounts/ada/${part}`, { as });
      const none = await server.send('GET', `/v1/accounts/nobody/${part}`, { as });
      expect(other.status).toBe(404);
      expect(other.text.replaceAll('ada', 'nobody')).toBe(none.text);
    }
    expect((await redeem('ada', { request_id: 'x' }, as)).status).toBe(404);
    expect((await redeem('ben', { request_id: 'mine' }, as)).json.outcome).toBe('reset');
    const grant = await server.send('POST', GRANTS, {
      as,
      body: { account_id: 'ben', count: 1, reason: 'please' },
    });
    expect([grant.status, grant.json.code]).toEqual([403, 'forbidden']);
  });
});

test('a key needs the scope: accounts:read for limits, resets:read, resets:write, grants:write', async () => {
  const [reader, none] = [await keyWith('resets:read'), await keyWith('gifts:read')];
  expect((await server.send('GET', '/v1/accounts/ada/resets', { as: reader })).status).toBe(200);
  expect((await server.send('GET', '/v1/accounts/ada/resets', { as: none })).status).toBe(403);
  expect((await server.send('GET', '/v1/accounts/ada/limits', { as: reader })).status).toBe(403);
  expect((await redeem('ada', { request_id: 'x' }, reader)).json.detail).toContain('resets:write');
  const body = { account_id: 'ada', count: 1, reason: 'sorry' };
  expect((await server.send('POST', GRANTS, { as: reader, body })).json.detail).toContain('grants:write');
});

test.each([
  [{}, 'request_id'],
  [{ request_id: '' }, 'request_id'],
  [{ request_id: 'a b' }, 'request_id'],
  [{ request_id: 'boon:last-moment/1' }, 'request_id'],
  [{ request_id: 'x'.repeat(129) }, 'request_id'],
  [{ request_id: 'r', reset_id: '0' }, 'reset_id'],
  [{ request_id: 'r', reset_id: 1 }, 'reset_id'],
  [{ request_id: 'r', dry_run: 'yes' }, 'dry_run'],
  [{ request_id: 'r', more: 1 }, 'more'],
])('the redemption %j is refused', async (body, path) => {
  const { status, json } = await redeem('ada', body);
  expect([status, json.code]).toEqual([400, 'validation_failed']);
  expect(JSON.stringify(json.errors)).toContain(path);
});

test.each([0, 101, 1.5, '1'])('a grant of %j resets is refused', async (count) => {
  const { status } = await server.send('POST', GRANTS, {
    body: { account_id: 'ada', count, reason: 'sorry' },
  });
  expect(status).toBe(400);
});

test('the switch for redeeming at the last moment is put and shown', async () => {
  const on = await server.send('PUT', '/v1/accounts/ben', { body: { plan: 'plus', auto_redeem: true } });
  expect(on.json.auto_redeem).toBe(true);
  const kept = await server.send('PUT', '/v1/accounts/ben', { body: { plan: 'pro' } });
  expect(kept.json.auto_redeem).toBe(true);
});

describe('a gift of a reset', () => {
  const TRANSFER = '/v1/transfers';
  const transfer = (body: object) =>
    server.send('POST', TRANSFER, { body: { from: 'gus', to: { account_id: 'hal' }, ...body } });

  test('goes the way of a gift of credits', async () => {
    for (const id of ['gus', 'hal']) await seedAccount(server.ledger, id);
    const granted = await server.send('POST', GRANTS, {
      body: { account_id: 'gus', count: 1, reason: 'sorry' },
    });
    const [{ id: reset_id }] = granted.json.resets as [{ id: string }];
    const gift = await transfer({ reset_id, message: 'for you' });
    expect([gift.status, gift.json]).toEqual([
      202,
      expect.objectContaining({ status: 'pending', amount: '0', reset_id }),
    ]);
    const path = `/v1/transfers/${gift.json.id}`;
    expect((await server.send('GET', path)).json).toEqual(gift.json);
    expect((await server.send('GET', '/v1/accounts/gus/resets')).json).toMatchObject({
      data: [{ status: 'held' }],
    });
    expect((await server.send('POST', `${path}/cancel`)).json.status).toBe('canceled');
    expect((await server.send('GET', '/v1/accounts/gus/resets')).json).toMatchObject({
      data: [{ status: 'available' }],
    });
    const again = await transfer({ reset_id: '999999' });
    expect([again.status, again.json.code, again.json.reason_code]).toEqual([
      409,
      'not_giftable',
      'reset_unavailable',
    ]);
  });

  test.each([
    [{}, 'amount'],
    [{ amount: '1', reset_id: '1' }, 'reset_id'],
    [{ reset_id: '1', funding: 'promotional' }, 'funding'],
    [{ reset_id: 'first' }, 'reset_id'],
  ])('needs either an amount or a reset: %j', async (body, path) => {
    const { status, json } = await transfer(body);
    expect([status, json.code]).toEqual([400, 'validation_failed']);
    expect(json.errors).toEqual(expect.arrayContaining([expect.objectContaining({ path })]));
  });
});
