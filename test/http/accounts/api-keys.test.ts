import { afterAll, beforeAll, expect, test } from 'vitest';
import { later, START } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

async function make(body: Record<string, unknown>, as?: string): Promise<{ id: string; key: string }> {
  const answer = await server.send('POST', '/v1/api-keys', { body, ...(as === undefined ? {} : { as }) });
  expect(answer.status, answer.text).toBe(201);
  return { id: String(answer.json.id), key: String(answer.json.key) };
}

const works = async (key: string) => (await server.send('GET', '/v1/api-keys', { as: key })).status === 200;

test('a key is shown once, stored only as a digest, and listed without it', async () => {
  const answer = await server.send('POST', '/v1/api-keys', {
    body: { name: 'billing', scopes: ['gifts:read', 'gifts:read'] },
  });
  expect(answer.json).toEqual({
    id: expect.stringMatching(/^key_/),
    name: 'billing',
    scopes: ['gifts:read'],
    created_at: START,
    created_by: 'key:key_bootstrap',
    expires_at: null,
    last_used_at: null,
    rotated_at: null,
    rotated_by: null,
    previous_works_until: null,
    revoked_at: null,
    revoked_by: null,
    key: expect.stringMatching(/^boon_sk_[\w-]{43}$/),
  });
  const list = await server.send('GET', '/v1/api-keys');
  expect(list.text).toContain(String(answer.json.id));
  expect(list.text).not.toContain(String(answer.json.key));
  const rows = await server.sql('SELECT row_to_json(k)::text AS row FROM boon.api_keys k');
  expect(rows.map((row) => row.row).join()).not.toContain(String(answer.json.key));
});

test('a call that is repeated makes no second key, and does not show the key again', async () => {
  const call = { body: { name: 'asked twice', scopes: ['gifts:read'] }, key: 'asked-twice' };
  const first = await server.send('POST', '/v1/api-keys', call);
  const again = await server.send('POST', '/v1/api-keys', call);
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
  expect(again.json).toEqual({ ...first.json, key: null });
  const list = await server.send('GET', '/v1/api-keys?limit=100');
  expect(list.text.match(/asked twice/g)).toHaveLength(1);
  expect(
    await server.send('POST', '/v1/api-keys', { ...call, body: { ...call.body, name: 'b' } }),
  ).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } });
  const kept = await server.sql('SELECT result::text AS text FROM boon.idempotency_keys');
  expect(kept.map(({ text }) => text).join()).not.toContain(String(first.json.key));
});

test('a rotation that is repeated keeps the key that the first one made', async () => {
  const { id } = await make({ name: 'turned twice', scopes: ['keys:write'] });
  const path = `/v1/api-keys/${id}/rotate`;
  const first = await server.send('POST', path, { key: 'turned-twice' });
  const again = await server.send('POST', path, { key: 'turned-twice' });
  expect(again.json).toEqual({ ...first.json, key: null });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await works(String(first.json.key))).toBe(true);
});

test('a key reaches only what its scopes say', async () => {
  const { key } = await make({ name: 'reader', scopes: ['accounts:read'] });
  const read = await server.send('GET', '/v1/accounts/nobody', { as: key });
  expect(read.status).toBe(404);
  const write = await server.send('PUT', '/v1/accounts/x', { as: key, body: { plan: 'plus' } });
  expect([write.status, write.json.detail]).toEqual([403, 'The API key lacks the scope accounts:write.']);
});

test('a key gives no scopes that it lacks, neither to a new key nor by rotating another', async () => {
  const { key } = await make({ name: 'administrator', scopes: ['keys:write', 'gifts:read'] });
  const strong = await make({ name: 'strong', scopes: ['*'] });
  expect(
    (await server.send('POST', '/v1/api-keys', { as: key, body: { name: 'me', scopes: ['*'] } })).status,
  ).toBe(403);
  expect((await server.send('POST', `/v1/api-keys/${strong.id}/rotate`, { as: key })).status).toBe(403);
  expect((await server.send('DELETE', `/v1/api-keys/${strong.id}`, { as: key })).status).toBe(403);
  await make({ name: 'weaker', scopes: ['gifts:read'] }, key);
});

test('after a rotation both keys work until the grace period ends', async () => {
  const { id, key } = await make({ name: 'rotated', scopes: ['keys:write'] });
  const rotated = await server.send('POST', `/v1/api-keys/${id}/rotate`, { body: { grace_seconds: 3600 } });
  expect(rotated.status).toBe(200);
  expect(rotated.json).toMatchObject({
    id,
    rotated_at: START,
    previous_works_until: later(START, { hours: 1 }),
  });
  const next = String(rotated.json.key);
  expect([await works(key), await works(next)]).toEqual([true, true]);
  server.time.now = new Date(later(START, { hours: 1 }));
  expect([await works(key), await works(next)]).toEqual([false, true]);
  server.time.now = new Date(START);
});

test('the retry of a gift after a rotation is still the same gift', async () => {
  await server.ledger.putAccount('rot', { plan: 'plus' }, START);
  const { id, key } = await make({ name: 'granting', scopes: ['grants:write'] });
  const body = { account_id: 'rot', amount: '1', source: 'purchased', reason: 'r' };
  const first = await server.send('POST', '/v1/credits/grants', { as: key, body, key: 'same' });
  const rotated = await server.send('POST', `/v1/api-keys/${id}/rotate`);
  const second = await server.send('POST', '/v1/credits/grants', {
    as: String(rotated.json.key),
    body,
    key: 'same',
  });
  expect([second.text, second.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
});

test('a revoked key stops working at once', async () => {
  const { id, key } = await make({ name: 'short-lived', scopes: ['keys:write'] });
  expect(await works(key)).toBe(true);
  const revoked = await server.send('DELETE', `/v1/api-keys/${id}`);
  expect([revoked.status, revoked.text]).toEqual([204, '']);
  expect(await works(key)).toBe(false);
  expect((await server.send('DELETE', `/v1/api-keys/${id}`)).status).toBe(404);
  expect((await server.send('POST', `/v1/api-keys/${id}/rotate`)).status).toBe(404);
  const gone = { id, revoked_at: START, revoked_by: 'key:key_bootstrap' };
  expect((await server.send('GET', `/v1/api-keys/${id}`)).json).toMatchObject(gone);
  expect((await server.send('GET', '/v1/api-keys?limit=100')).json.data).toContainEqual(
    expect.objectContaining(gone),
  );
});

test('a key ends with the one that made it, not with the first key of all', async () => {
  const parent = await make({
    name: 'parent',
    scopes: ['keys:write'],
    expires_at: later(START, { seconds: 4 }),
  });
  const body = { name: 'child', scopes: ['keys:write'] };
  const child = await server.send('POST', '/v1/api-keys', { as: parent.key, body });
  expect(child.json).toMatchObject({
    created_by: `key:${parent.id}`,
    expires_at: later(START, { seconds: 4 }),
  });
  const longer = await server.send('POST', '/v1/api-keys', {
    as: parent.key,
    body: { ...body, expires_at: later(START, { seconds: 5 }) },
  });
  expect([longer.status, longer.json.errors]).toEqual([
    400,
    [{ path: 'expires_at', message: 'must not be after the end of the key that makes it' }],
  ]);
  expect(await works(String(child.json.key))).toBe(true);
  await server.send('DELETE', `/v1/api-keys/${parent.id}`);
  expect(await works(String(child.json.key))).toBe(false);
});

test('a key rotates itself and those that it made; another’s takes the scope keys:rotate', async () => {
  const one = await make({ name: 'one', scopes: ['keys:write', 'gifts:read'] });
  const peer = await make({ name: 'peer', scopes: ['gifts:read'] });
  const chief = await make({ name: 'chief', scopes: ['keys:write', 'keys:rotate', 'gifts:read'] });
  const child = await make({ name: 'child', scopes: ['gifts:read'] }, one.key);
  const rotate = async (id: string, as: string) => {
    const { status, json } = await server.send('POST', `/v1/api-keys/${id}/rotate`, {
      as,
      body: { grace_seconds: 60 },
    });
    return status === 200 ? [status, json.rotated_by] : [status, json.detail];
  };
  expect(await rotate(child.id, one.key)).toEqual([200, `key:${one.id}`]);
  expect(await rotate(one.id, one.key)).toEqual([200, `key:${one.id}`]);
  expect(await rotate(peer.id, one.key)).toEqual([
    403,
    'The API key lacks the scope keys:rotate, to rotate a key that it has not made.',
  ]);
  expect(await rotate(peer.id, chief.key)).toEqual([200, `key:${chief.id}`]);
});

test('an expired key stops working, and one that has expired cannot be made', async () => {
  const { key } = await make({
    name: 'temporary',
    scopes: ['keys:write'],
    expires_at: later(START, { hours: 1 }),
  });
  expect(await works(key)).toBe(true);
  server.time.now = new Date(later(START, { hours: 1 }));
  const late = await server.send('GET', '/v1/api-keys', { as: key });
  expect([late.status, late.json.detail]).toEqual([
    401,
    `The API key expired at ${later(START, { hours: 1 })}.`,
  ]);
  server.time.now = new Date(START);
  const past = await server.send('POST', '/v1/api-keys', {
    body: { name: 'x', scopes: ['*'], expires_at: START },
  });
  expect([past.status, past.json.code]).toEqual([400, 'validation_failed']);
});

test('the list comes in pages', async () => {
  const ids: string[] = [];
  let cursor = '';
  do {
    const page = await server.send('GET', `/v1/api-keys?limit=2${cursor}`);
    ids.push(...(page.json.data as { id: string }[]).map((key) => key.id));
    cursor = page.json.next_cursor === null ? '' : `&cursor=${page.json.next_cursor}`;
  } while (cursor !== '');
  expect(ids.length).toBeGreaterThan(4);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a busy key costs one look-up for many requests, and its use is noted to the minute', async () => {
  const { id, key } = await make({ name: 'busy', scopes: ['keys:write'] });
  await Promise.all(Array.from({ length: 20 }, () => works(key)));
  const [row] = await server.sql('SELECT last_used_at FROM boon.api_keys WHERE id = $1', [id]);
  expect(row?.last_used_at).toEqual(new Date(START));
});
