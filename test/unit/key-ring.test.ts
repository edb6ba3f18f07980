import { beforeEach, expect, test } from 'vitest';
import { createKeyRing, type KeyRing, keyDigest } from '../../src/http/callers/key-ring.ts';
import { createWrongKeys } from '../../src/http/callers/wrong-keys.ts';
import type { ApiKeys, StoredApiKey } from '../../src/ledger/accounts/api-keys.ts';
import { START } from '../support/test-ledger.ts';

const KEY = 'boon_sk_of_the_test';
const NOW = new Date(START);
const HOME = '192.0.2.1';
const STORED: StoredApiKey = {
  id: 'key_1',
  name: 'referrals',
  scopes: ['activity:write'],
  digest: keyDigest(KEY),
  previous_digest: null,
  previous_works_until: null,
  expires_at: null,
  created_at: START,
  created_by: null,
  rotated_at: null,
  rotated_by: null,
  last_used_at: null,
  revoked_at: null,
  revoked_by: null,
};

let stored: StoredApiKey | undefined;
let asked: number;
let elapsed: number;
let keys: KeyRing;
beforeEach(() => {
  stored = STORED;
  asked = 0;
  elapsed = 0;
  const findByDigest = async () => {
    asked += 1;
    return stored;
  };
  keys = createKeyRing(
    { findByDigest } as unknown as ApiKeys,
    createWrongKeys(3, () => elapsed),
    () => elapsed,
  );
});

test('a key that was let in is remembered for five seconds, and not before', async () => {
  expect(keys.remembered(KEY, NOW)).toBeUndefined();
  const service = await keys.find(KEY, NOW, HOME);
  elapsed = 4_999;
  expect(keys.remembered(KEY, NOW)).toEqual(service);
  elapsed = 5_000;
  expect(keys.remembered(KEY, NOW)).toBeUndefined();
  expect(asked).toBe(1);
});

test('a key that nobody has is not let in, however often it comes, and asked for once', async () => {
  stored = undefined;
  for (let n = 0; n < 3; n++)
    await expect(keys.find(KEY, NOW, HOME)).rejects.toMatchObject({ code: 'unauthorized' });
  expect(keys.remembered(KEY, NOW)).toBeUndefined();
  expect(asked).toBe(1);
});

test('a remembered key ends at its moment', async () => {
  stored = { ...STORED, expires_at: new Date(NOW.getTime() + 1_000).toISOString() };
  await keys.find(KEY, NOW, HOME);
  expect(keys.remembered(KEY, new Date(NOW.getTime() + 999))).toBeDefined();
  expect(keys.remembered(KEY, new Date(NOW.getTime() + 1_000))).toBeUndefined();
});

test('after a change to the keys none is remembered', async () => {
  await keys.find(KEY, NOW, HOME);
  keys.forget();
  expect(keys.remembered(KEY, NOW)).toBeUndefined();
});

test('a key that was revoked while it was looked up is not remembered', async () => {
  const looking = keys.find(KEY, NOW, HOME);
  keys.forget();
  await looking;
  expect(keys.remembered(KEY, NOW)).toBeUndefined();
});

test('after so many wrong keys of one address in a minute none that is new there is looked up', async () => {
  stored = undefined;
  const tried = async (key: string, address: string) =>
    await keys.find(key, NOW, address).catch(({ code, retryAfterSeconds }) => [code, retryAfterSeconds]);
  for (let n = 0; n < 3; n++) expect(await tried(`wrong-${n}`, HOME)).toEqual(['unauthorized', undefined]);
  elapsed = 20_000;
  expect(await tried('wrong-3', HOME)).toEqual(['rate_limited', 40]);
  expect(asked).toBe(3);
  expect(await tried('wrong-4', '192.0.2.2')).toEqual(['unauthorized', undefined]);
  elapsed = 60_000;
  expect(await tried('wrong-5', HOME)).toEqual(['unauthorized', undefined]);
});

test('a key that was right lately is looked up whatever else came from its address', async () => {
  await keys.find(KEY, NOW, HOME);
  stored = undefined;
  for (let n = 0; n < 4; n++) await keys.find(`wrong-${n}`, NOW, HOME).catch(() => undefined);
  stored = STORED;
  elapsed = 5_000;
  await expect(keys.find('another', NOW, HOME)).rejects.toMatchObject({ code: 'rate_limited' });
  expect((await keys.find(KEY, NOW, HOME)).keyId).toBe('key_1');
});
