import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BootstrapKeyError, bootstrapApiKey } from '../../../src/http/callers/bootstrap-key.ts';
import { keyDigest } from '../../../src/http/callers/key-ring.ts';
import { type ApiKeys, createApiKeys } from '../../../src/ledger/accounts/api-keys.ts';
import { type Database, openDatabase } from '../../../src/ledger/postgres/database.ts';
import { later, openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';

describe('the first key of all', () => {
  let own: TestLedger;
  let database: Database;
  let keys: ApiKeys;
  const CONFIGURED = 'configured-operator-key-of-32-characters';
  const start = (configured?: string, at = START) => bootstrapApiKey(keys, configured, at);
  const found = async (key: string) => (await keys.findByDigest(keyDigest(key), START))?.id;
  const revoke = (at = START) => keys.revoke('key_bootstrap', 'key:key_zoe', at);
  beforeEach(async () => {
    own = await openTestLedger();
    database = openDatabase(own.url, { connections: 2 });
    keys = createApiKeys(database);
  });
  afterEach(async () => {
    await database.end();
    await own.close();
  });

  test('is made once where none is configured, by however many servers that start at once', async () => {
    const made = await Promise.all([start(), start(), start()]);
    const [key, ...more] = made.filter((each) => each !== undefined);
    expect([key, more]).toEqual([expect.stringMatching(/^boon_sk_/), []]);
    expect(await found(String(key))).toBe('key_bootstrap');
    expect(await start()).toBeUndefined();
  });

  test('is the configured one where there is none yet, and at every start after that', async () => {
    expect(await start(CONFIGURED)).toBeUndefined();
    expect(await start(CONFIGURED)).toBeUndefined();
    expect(await start()).toBeUndefined();
    expect(await found(CONFIGURED)).toBe('key_bootstrap');
  });

  test('that was revoked does not come back with the setting', async () => {
    await start(CONFIGURED);
    await revoke();
    await expect(start(CONFIGURED)).rejects.toThrow(
      `The operator key in BOON_API_KEY was revoked at ${START}, and does not come back. Unset BOON_API_KEY`,
    );
    await expect(start('another-operator-key-of-32-characters')).rejects.toThrow(BootstrapKeyError);
    expect(await found(CONFIGURED)).toBeUndefined();
  });

  test('that was rotated does not come back with the setting, and the new one goes on', async () => {
    await start(CONFIGURED);
    const next = keyDigest('the key after it');
    await keys.rotate({
      key: 'r',
      id: 'key_bootstrap',
      digest: next,
      grace_seconds: 0,
      by: 'key:x',
      at: START,
    });
    await expect(start(CONFIGURED)).rejects.toThrow(`was replaced at ${START}. Unset BOON_API_KEY`);
    expect(await found('the key after it')).toBe('key_bootstrap');
    expect(await start('the key after it')).toBeUndefined();
  });

  test('is not replaced by setting another', async () => {
    await start(CONFIGURED);
    await expect(start('another-operator-key-of-32-characters')).rejects.toThrow(
      `BOON_API_KEY is not the operator key of this database, which was made at ${START}.`,
    );
  });

  test('is made anew when no key works any more, and only then', async () => {
    await start(CONFIGURED);
    await keys.create({
      key: 'other',
      id: 'key_other',
      name: 'other',
      digest: keyDigest('other'),
      scopes: ['gifts:read'],
      expires_at: later(START, { hours: 1 }),
      by: 'key:key_bootstrap',
      parent_id: null,
      at: START,
    });
    await revoke();
    expect(await start()).toBeUndefined();
    const anew = await start(undefined, later(START, { hours: 1 }));
    expect(anew).toMatch(/^boon_sk_/);
    expect(await found(String(anew))).toBe('key_bootstrap');
    expect(await found(CONFIGURED)).toBeUndefined();
  });
});
