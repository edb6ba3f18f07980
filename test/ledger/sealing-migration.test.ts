import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { expect, inject, test } from 'vitest';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';
import { give, grant } from '../support/gifts.ts';
import { offerOlderFunctions } from '../support/older-version.ts';
import {
  expectVerified,
  later,
  policyWith,
  START,
  seedAccount,
  takingAccountsWithoutNames,
} from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';

const FOLDER = join(import.meta.dirname, '../../src/ledger/migrations');
/** The last version in which a block held all that stood between two numbers. */
const BEFORE = '074';

test('a ledger whose blocks were sealed by an earlier version is proved as before, and sealing goes on behind their holes', async () => {
  const admin = inject('postgresUrl');
  const name = `migrate_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(admin, name);
  const client = new pg.Client({ connectionString: url });
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  try {
    await client.connect();
    await client.query('CREATE SCHEMA boon');
    await new Postgrator({
      driver: 'pg',
      migrationPattern: `${FOLDER}/*.sql`,
      schemaTable: 'boon.schema_version',
      newline: 'LF',
      execQuery: (query) => client.query(query),
    }).migrate(BEFORE);
    const takeAway = await offerOlderFunctions((text) => client.query(text));
    await ledger.usePolicy(policyWith(), START);
    const undo = await takingAccountsWithoutNames((text) => client.query(text));
    await seedAccount(ledger, 'ann', { credits: '100' });
    await seedAccount(ledger, 'bob');
    // In a month of its own, whose guard the migration finds there.
    await client.query('SELECT boon.make_usage_month($1)', [START]);
    await client.query(`SELECT nextval('boon.transfers_seq_seq')`);
    await give(ledger, 'ann', 'bob');
    expect(await ledger.sealBlocks(START)).toBe(1);
    await grant(ledger, 'ann', '1');
    const { rows: before } = await client.query('SELECT number, hash FROM boon.blocks');

    await undo();
    await takeAway();
    expect((await migrate(url)).length).toBeGreaterThan(0);
    await expectVerified(ledger);
    expect((await client.query('SELECT number, hash FROM boon.blocks')).rows).toEqual(before);
    expect((await client.query('SELECT first_seq::int, last_seq::int FROM boon.seal_gaps')).rows).toEqual([
      { first_seq: 2, last_seq: 2 },
    ]);
    await client.query(`SELECT setval('boon.transfers_seq_seq', 2, false)`);
    await grant(ledger, 'bob', '1');
    await client.query(`SELECT setval('boon.transfers_seq_seq', (SELECT max(seq) FROM boon.transfers))`);
    await charge(ledger, 'ann');
    expect(await ledger.sealBlocks(later(START, { hours: 2 }))).toBe(1);
    const { rows } = await client.query('SELECT seqs::text FROM boon.blocks ORDER BY number');
    expect(rows.map(({ seqs }) => seqs)).toEqual(['{[1,2),[3,4)}', '{[2,3),[4,5)}']);
    await expectVerified(ledger);
    for (const table of ['usage', 'usage_2026_03'])
      await expect(client.query(`UPDATE boon.${table} SET units = 1`)).rejects.toThrow('append-only');
  } finally {
    await client.end();
    await ledger.close();
    await dropDatabase(admin, name);
  }
});
