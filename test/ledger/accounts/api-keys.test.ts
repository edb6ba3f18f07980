/** API keys as the database keeps them: digests only, who did what to them, and which end together. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
type More = Partial<Parameters<ApiKeys['create']>[0]>;
const make = async (id: string, secret = id, more: More = {}) =>
  (
    await keys.create({
      key: `make ${id} ${secret}`,
      id,
      name: id,
      digest: digest(secret),
      scopes: ['usage:write'],
      expires_at: null,
      by: 'key:key_admin',
      parent_id: null,
      at: START,
      ...more,
    })
  ).value;
const idOf = async (secret: string, at = START) => (await keys.findByDigest(digest(secret), at))?.id;
const list = async (limit: number, cursor?: string) => await keys.list({ limit, cursor });

test('a key is found by its digest until it is revoked, and says who did what to it', async () => {
  await make('key_first', 'first');
  expect(await idOf('first')).toBe('key_first');
  expect(await idOf('another')).toBeUndefined();
  await rotate('turn first', 'key_first', 'second');
  await keys.revoke('key_first', 'key:key_zoe', later(START, { hours: 1 }));
  expect([await idOf('first'), await idOf('second')]).toEqual([undefined, undefined]);
  const gone = { created_by: 'key:key_admin', rotated_by: 'key:key_olga', revoked_by: 'key:key_zoe' };
  expect(await keys.find('key_first')).toMatchObject({ ...gone, revoked_at: later(START, { hours: 1 }) });
  expect((await list(10)).data).toMatchObject([gone]);
});

describe('a key that another one made', () => {
  const child = (id: string, parent_id: string, more: More = {}) => make(id, id, { parent_id, ...more });
  const revokedAt = async (...ids: string[]) =>
    await Promise.all(ids.map(async (id) => (await keys.find(id))?.revoked_at ?? null));

  test('ends when that one does, and cannot be made to last longer', async () => {
    const end = later(START, { seconds: 4 });
    await make('key_short', 'short', { expires_at: end });
    expect((await child('key_heir_1', 'key_short')).expires_at).toBe(end);
    const earlier = later(START, { seconds: 3 });
    expect((await child('key_heir_2', 'key_short', { expires_at: earlier })).expires_at).toBe(earlier);
    expect((await child('key_heir_3', 'key_short', { expires_at: end })).expires_at).toBe(end);
    const after = later(START, { seconds: 4, ms: 1 });
    await expect(child('key_heir_4', 'key_short', { expires_at: after })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'expires_at', message: 'must not be after the end of the key that makes it' }],
    });
  });

  test('is revoked with it, and so are those that it has made itself; no other is', async () => {
    await make('key_root');
    await child('key_son', 'key_root');
    await child('key_grandson', 'key_son');
    await child('key_gone', 'key_root');
    await make('key_neighbour');
    await keys.revoke('key_gone', 'key:key_x', later(START, { minutes: 1 }));
    const at = later(START, { hours: 1 });
    await keys.revoke('key_root', 'key:key_x', at);
    expect(await revokedAt('key_root', 'key_son', 'key_grandson', 'key_gone', 'key_neighbour')).toEqual([
      at,
      at,
      at,
      later(START, { minutes: 1 }),
      null,
    ]);
    expect(await idOf('key_grandson')).toBeUndefined();
    await expect(child('key_late', 'key_root')).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(child('key_later', 'key_grandson')).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('that is made while that one is revoked is revoked as well, or is not made', async () => {
    for (let n = 0; n < 20; n++) {
      await make(`key_parent_${n}`);
      const made = child(`key_child_${n}`, `key_parent_${n}`).catch(() => undefined);
      await keys.revoke(`key_parent_${n}`, 'key:key_x', START);
      await made;
      const found = await keys.find(`key_child_${n}`);
      expect(found === undefined || found.revoked_at !== null).toBe(true);
    }
  });
});

const rotate = (key: string, id: string, secret: string, at = START) =>
  keys.rotate({ key, id, digest: digest(secret), grace_seconds: 3_600, by: 'key:key_olga', at });

test('one key of an idempotency key is made, however often and by however many it is asked for', async () => {
  const create = (id: string, name = 'once') =>
    keys.create({
      key: 'create-once',
      id,
      name,
      digest: digest(id),
      scopes: ['usage:write', 'usage:write'],
      expires_at: null,
      by: 'key:key_admin',
      parent_id: null,
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
  await expect(make('key_stale', 'stale', { expires_at: START })).rejects.toMatchObject({
    code: 'validation_failed',
    errors: [{ path: 'expires_at' }],
  });
});

test('a rotation keeps the digest before it, however often it is asked for; a revoked key is not rotated', async () => {
  await make('key_other', 'other');
  await make('key_turned', 'old');
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
    keys.rotate({
      key: 'turn',
      id: 'key_turned',
      digest: digest('x'),
      grace_seconds: 1,
      by: 'key:key_olga',
      at: START,
    }),
  ).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  expect([await idOf('old'), await idOf('new'), await idOf('other')]).toEqual([
    'key_turned',
    'key_turned',
    'key_other',
  ]);
  // A digest that is a key's own counts before one that another had.
  await make('key_heir', 'old');
  expect(await idOf('old')).toBe('key_heir');
  await keys.revoke('key_turned', 'key:key_x', START);
  await expect(rotate('turn again', 'key_turned', 'newest')).rejects.toMatchObject({ code: 'not_found' });
});

test('its use is noted once a minute, and revoking it twice keeps the first time', async () => {
  await make('key_used', 'used');
  const used = async (seconds: number) => {
    await idOf('used', later(START, { seconds }));
    return (await keys.find('key_used'))?.last_used_at;
  };
  expect(await used(0)).toBe(START);
  expect(await used(59)).toBe(START);
  expect(await used(60)).toBe(later(START, { seconds: 60 }));
  await keys.revoke('key_used', 'key:key_x', START);
  await keys.revoke('key_used', 'key:key_y', later(START, { hours: 1 }));
  const [row] = await own.sql(`SELECT revoked_at FROM boon.api_keys WHERE id = 'key_used'`);
  expect(row?.revoked_at).toEqual(new Date(START));
});

test('the list comes in pages, each key once', async () => {
  await own.sql('DELETE FROM boon.api_keys');
  for (const id of ['key_a', 'key_b', 'key_c']) await make(id, `listed ${id}`);
  await keys.revoke('key_b', 'key:key_x', START);
  const first = await list(1);
  expect(first.data.map(({ id }) => id)).toEqual(['key_a']);
  const rest = await list(2, first.next_cursor ?? undefined);
  expect(rest.data.map(({ id, revoked_at }) => [id, revoked_at])).toEqual([
    ['key_b', START],
    ['key_c', null],
  ]);
  expect(rest.next_cursor).toBeNull();
});
