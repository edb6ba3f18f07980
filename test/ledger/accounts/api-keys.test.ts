/** API keys as the database keeps them: digests only, and no key that was revoked. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiKeys, createApiKeys } from '../../../src/ledger/accounts/api-keys.ts';
import { type Database, openDatabase } from '../../../src/ledger/postgres/database.ts';
import { later, openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
let database: Database;
let keys: ApiKeys;
beforeAll(async () => {
  own = await openTestLedger();
  database = openDatabase(own.url, { connections: 2 });
  keys = createApiKeys(database);
});
afterAll(async () => {
  await database.end();
  await own.close();
});

const digest = (secret: string) => createHash('sha256').update(secret).digest();
const put = (id: string, secret = id) =>
  keys.put({ id, name: id, digest: digest(secret), scopes: ['usage:write'], expires_at: null, at: START });
const idOf = async (secret: string, at = START) => (await keys.findByDigest(digest(secret), at))?.id;
const list = async (limit: number, cursor?: string) => await keys.list({ limit, cursor });

test('there is one once it was put, and until it was revoked', async () => {
  expect(await keys.any()).toBe(false);
  await put('key_first', 'first');
  expect(await keys.any()).toBe(true);
  expect(await idOf('first')).toBe('key_first');
  expect(await idOf('another')).toBeUndefined();
  await keys.revoke('key_first', START);
  expect([await keys.any(), await keys.find('key_first'), await idOf('first')]).toEqual([
    false,
    undefined,
    undefined,
  ]);
  expect((await list(10)).data).toEqual([]);
  // Put again it is there again.
  await put('key_first', 'first');
  expect(await idOf('first')).toBe('key_first');
});

const rotate = (key: string, id: string, secret: string, at = START) =>
  keys.rotate({ key, id, digest: digest(secret), grace_seconds: 3_600, at });

test('one key of an idempotency key is made, however often and by however many it is asked for', async () => {
  const create = (id: string, name = 'once') =>
    keys.create({
      key: 'create-once',
      id,
      name,
      digest: digest(id),
      scopes: ['usage:write', 'usage:write'],
      expires_at: null,
      at: START,
    });
  const answers = await Promise.all([create('key_one'), create('key_two'), create('key_three')]);
  const [made] = answers.filter(({ replayed }) => !replayed);
  expect(answers.map(({ value }) => value)).toEqual([made?.value, made?.value, made?.value]);
  expect(made?.value).toMatchObject({ name: 'once', scopes: ['usage:write'], created_at: START });
  expect(await own.sql(`SELECT id FROM boon.api_keys WHERE name = 'once'`)).toEqual([{ id: made?.value.id }]);
  expect(await create('key_four')).toEqual({ value: made?.value, replayed: true });
  await expect(create('key_five', 'another')).rejects.toMatchObject({ code: 'idempotency_mismatch' });
});

test('what is kept of the answer has neither the secret nor its digest', async () => {
  const kept = await own.sql(
    `SELECT result::text AS text FROM boon.idempotency_keys WHERE result ? 'api_key'`,
  );
  expect(kept.length).toBeGreaterThan(0);
  for (const { text } of kept) expect(text).not.toMatch(/digest|secret/);
});

test('a key that would have expired is not made', async () => {
  const key = { key: 'late', id: 'key_late', name: 'l', digest: digest('late'), scopes: ['*'] as const };
  await expect(keys.create({ ...key, expires_at: START, at: START })).rejects.toMatchObject({
    code: 'validation_failed',
    errors: [{ path: 'expires_at' }],
  });
});

test('a rotation keeps the digest before it, however often it is asked for; a revoked key is not rotated', async () => {
  await put('key_other', 'other');
  await put('key_turned', 'old');
  const until = later(START, { hours: 1 });
  for (const [moment, secret] of [
    [START, 'new'],
    [later(START, { seconds: 1 }), 'newer'],
  ] as const)
    expect((await rotate('turn', 'key_turned', secret, moment)).value).toMatchObject({
      id: 'key_turned',
      previous_works_until: until,
      rotated_at: START,
    });
  expect(await keys.find('key_turned')).toMatchObject({
    digest: digest('new'),
    previous_digest: digest('old'),
  });
  await expect(
    keys.rotate({ key: 'turn', id: 'key_turned', digest: digest('x'), grace_seconds: 1, at: START }),
  ).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  expect([await idOf('old'), await idOf('new'), await idOf('other')]).toEqual([
    'key_turned',
    'key_turned',
    'key_other',
  ]);
  await keys.revoke('key_turned', START);
  await expect(rotate('turn again', 'key_turned', 'newest')).rejects.toMatchObject({ code: 'not_found' });
  // A digest that is a key's own counts before one that another had.
  await put('key_turned', 'new');
  await put('key_heir', 'old');
  expect(await idOf('old')).toBe('key_heir');
});

test('its use is noted once a minute, and revoking it twice keeps the first time', async () => {
  await put('key_used', 'used');
  const used = async (seconds: number) => {
    await idOf('used', later(START, { seconds }));
    return (await keys.find('key_used'))?.last_used_at;
  };
  expect(await used(0)).toBe(START);
  expect(await used(59)).toBe(START);
  expect(await used(60)).toBe(later(START, { seconds: 60 }));
  await keys.revoke('key_used', START);
  await keys.revoke('key_used', later(START, { hours: 1 }));
  const [row] = await own.sql(`SELECT revoked_at FROM boon.api_keys WHERE id = 'key_used'`);
  expect(row?.revoked_at).toEqual(new Date(START));
});

test('the list comes in pages, each key once', async () => {
  await own.sql('DELETE FROM boon.api_keys');
  for (const id of ['key_a', 'key_b', 'key_c']) await put(id);
  await keys.revoke('key_b', START);
  const first = await list(1);
  expect(first.data.map(({ id }) => id)).toEqual(['key_a']);
  expect((await list(1, first.next_cursor ?? undefined)).data.map(({ id }) => id)).toEqual(['key_c']);
});
