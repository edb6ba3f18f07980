import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeEach(async () => {
  own = await openTestLedger();
});
afterEach(() => own.close());

/** A start of a process that has this key. */
async function start(encryptionKey: Buffer, at = START): Promise<void> {
  const ledger = createPostgresLedger({ url: own.url, encryptionKey, connections: 1 });
  try {
    await ledger.requireOwnKey(at);
  } finally {
    await ledger.close();
  }
}

test('the first key of a database is the one of all that start on it', async () => {
  await start(own.encryptionKey);
  await start(own.encryptionKey, later(START, { days: 1 }));
  await expect(start(randomBytes(32), later(START, { days: 1 }))).rejects.toThrow(
    `BOON_ENCRYPTION_KEY is not the key of this database, in use since ${START}. Set it to the key that the other servers and workers have`,
  );
  const rows = await own.sql('SELECT check_value, since FROM boon.encryption_key');
  expect(rows).toMatchObject([{ since: new Date(START) }]);
  expect(String(rows[0]?.check_value)).not.toContain(own.encryptionKey.toString('hex'));
});

test('many that start at once with the same key all start', async () => {
  await Promise.all(Array.from({ length: 6 }, () => start(own.encryptionKey)));
});

test('of many that start at once with different keys one key wins', async () => {
  const keys = Array.from({ length: 6 }, () => randomBytes(32));
  const ends = await Promise.allSettled(keys.map((key) => start(key)));
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a database of before is the one of whoever can read it', async () => {
  await seedAccount(own.ledger, 'ada', { put: { email: 'ada@example.com' } });
  await expect(start(randomBytes(32))).rejects.toThrow(
    /^BOON_ENCRYPTION_KEY is not the key of this database\. /,
  );
  await start(own.encryptionKey);
});
