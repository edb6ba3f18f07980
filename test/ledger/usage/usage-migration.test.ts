import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { expect, inject, test } from 'vitest';
import { migrate } from '../../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';
import { refusal } from '../../support/gifts.ts';
import { offerOlderFunctions } from '../../support/older-version.ts';
import { bank, redeem } from '../../support/resets.ts';
import { expectVerified, later, policyWith, START } from '../../support/test-ledger.ts';
import { charge, useRequest } from '../../support/usage.ts';

const FOLDER = join(import.meta.dirname, '../../../src/ledger/migrations');
/** The last version in which a use counted in the latest window whenever it was. */
const BEFORE = '053';

test('a database in which windows were used, ran out and were restored is carried over, and takes late uses of their time', async () => {
  const admin = inject('postgresUrl');
  const name = `migrate_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(admin, name);
  const client = new pg.Client({ connectionString: url });
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  const at = (hours: number) => later(START, { hours });
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
    await ledger.usePolicy(
      policyWith({ plans: { plus: { five_hour: '10', weekly: '50' } }, usage: { accept_late_for: 'P7D' } }),
      START,
    );
    for (const id of ['ran-out', 'restored', 'late'])
      await client.query('SELECT boon.put_account($1, $2, $3)', [id, { plan: 'plus' }, START]);
    await client.query('SELECT boon.make_usage_month($1)', [START]);
    const uses = async (id: string, hours: number, units: string, told = hours) =>
      charge(ledger, id, { id: `${id}/${hours}/${told}`, units, at: at(hours), now: at(told) });
    await uses('ran-out', 0, '4');
    await uses('ran-out', 6, '10');
    await uses('restored', 0, '6');
    await bank(ledger, 'restored');
    await redeem(ledger, 'restored', { at: at(1) });
    await uses('restored', 2, '10');
    await uses('late', 0, '4');
    await uses('late', 6, '3');
    // In the latest, as it was then.
    await uses('late', 1, '2', 6.5);
    await expectVersionBefore(client);

    await takeAway();
    expect((await migrate(url)).length).toBeGreaterThan(0);
    await expectVerified(ledger);
    expect(await uses('ran-out', 1, '6', 7)).toMatchObject({
      charged: { plan: '6' },
      windows: { five_hour: { used: '10' }, weekly: { used: '20' } },
    });
    await expect(uses('ran-out', 2, '1', 7)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    expect(await uses('restored', 0.5, '4', 7)).toMatchObject({
      charged: { plan: '4' },
      windows: { weekly: { used: '10' } },
    });
    await expect(uses('restored', 0.6, '1', 7)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    await expect(uses('restored', 1, '1', 7)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    expect(await uses('late', 2, '6', 8)).toMatchObject({ charged: { plan: '6' } });
    await expect(uses('late', 2, '6', 9)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    expect(await uses('late', 7, '5', 9)).toMatchObject({ windows: { five_hour: { used: '10' } } });
    expect(
      await ledger.use(useRequest('late', { id: 'late/1/6.5', units: '2', at: at(1), now: at(9) })),
    ).toMatchObject({ replayed: true, value: { windows: { five_hour: { used: '5' } } } });
    for (const id of ['ran-out', 'restored', 'late']) await uses(id, 200, '1');
    await expectVerified(ledger);
  } finally {
    await client.end();
    await ledger.close();
    await dropDatabase(admin, name);
  }
});

async function expectVersionBefore(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT max(version)::int AS version FROM boon.schema_version');
  expect(rows).toEqual([{ version: Number(BEFORE) }]);
}
