import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { MigrationError, migrate } from '../../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';
import { give } from '../../support/gifts.ts';
import { expectVerified, policyWith, START, seedAccount } from '../../support/test-ledger.ts';

const admin = inject('postgresUrl');
const FOLDER = join(import.meta.dirname, '../../../src/ledger/migrations');

/** The numbers of the migration files, in order. */
async function versions(): Promise<number[]> {
  const files = await readdir(FOLDER);
  return files.map((file) => Number.parseInt(file, 10)).toSorted((a, b) => a - b);
}

let name = '';
let url = '';
beforeEach(async () => {
  name = `migrate_${randomBytes(6).toString('hex')}`;
  url = await createDatabase(admin, name);
});
afterEach(() => dropDatabase(admin, name));

async function sql(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('migrate', () => {
  test('brings a new database to the last version, and again applies none', async () => {
    expect(await migrate(url)).toEqual(await versions());
    expect(await migrate(url)).toEqual([]);
  });

  test('by ten processes at once is done by one of them', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
    expect(answers.filter((applied) => applied.length > 0)).toEqual([await versions()]);
    expect(await sql('SELECT count(*)::int FROM boon.schema_version WHERE version > 0')).toEqual([
      { count: (await versions()).length },
    ]);
  });

  test('makes a schema on which a ledger works', async () => {
    await migrate(url);
    const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
    try {
      await ledger.usePolicy(policyWith(), START);
      await seedAccount(ledger, 'ann', { credits: '10' });
      await seedAccount(ledger, 'bob');
      expect(await give(ledger, 'ann', 'bob')).toMatchObject({ status: 'pending' });
      await expectVerified(ledger);
    } finally {
      await ledger.close();
    }
  });

  test('refuses a database that another text of a migration made, and changes nothing', async () => {
    await migrate(url);
    await sql(`UPDATE boon.schema_version SET md5 = md5('another text') WHERE version = 3`);
    const refused = migrate(url);
    await expect(refused).rejects.toBeInstanceOf(MigrationError);
    await expect(refused).rejects.toThrow(
      'Migration 3 differs from the one that this database was made with: restore the file, and put changes into a new migration.',
    );
  });

  test('refuses a database of a newer Boon', async () => {
    await migrate(url);
    await sql(
      `INSERT INTO boon.schema_version (version, name, md5, run_at) VALUES (9999, 'later', 'x', now())`,
    );
    await expect(migrate(url)).rejects.toThrow(
      /^The database's schema is at version 9999, made by a newer Boon than this one \(\d+\): run that one/,
    );
  });

  test('that fails half way leaves nothing behind, and works once the trouble is gone', async () => {
    await sql('CREATE SCHEMA boon; CREATE TABLE boon.blocks (number int)');
    await expect(migrate(url)).rejects.toThrow(/already exists/);
    expect(await sql(`SELECT tablename FROM pg_tables WHERE schemaname = 'boon'`)).toEqual([
      { tablename: 'blocks' },
    ]);
    await sql('DROP TABLE boon.blocks');
    expect(await migrate(url)).toEqual(await versions());
  });

  test('of a database that is not there says so', async () => {
    await expect(migrate(url.replace(name, 'no_such_database'))).rejects.toThrow('does not exist');
  });
});
