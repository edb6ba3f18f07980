import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { expect, inject, test } from 'vitest';
import { COMPLIMENTARY_CAMPAIGN } from '../../../src/domain/campaign.ts';
import { migrate } from '../../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';
import { createCampaign, runToItsEnd } from '../../support/campaigns.ts';
import { offerOlderFunctions } from '../../support/older-version.ts';
import {
  expectVerified,
  newKey,
  policyWith,
  START,
  seedAccount,
  takingAccountsWithoutNames,
} from '../../support/test-ledger.ts';
import { seedOrganisation } from '../../support/usage.ts';

const FOLDER = join(import.meta.dirname, '../../../src/ledger/migrations');
/** The last version in which campaigns left organisations out. */
const BEFORE = '110';

test('campaigns of an earlier version: organisations get theirs, what was stopped is counted, what cannot be valid ends', async () => {
  const admin = inject('postgresUrl');
  const name = `migrate_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(admin, name);
  const client = new pg.Client({ connectionString: url });
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  const cancel = (campaign_id: string) =>
    ledger.actOnCampaign({ key: newKey('cancel'), campaign_id, action: 'cancel', at: START });
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
    await seedAccount(ledger, 'ann');
    await seedOrganisation(ledger, 'acme', []);
    await ledger.keepComplimentaryCampaign(START);
    expect(await runToItsEnd(ledger, COMPLIMENTARY_CAMPAIGN)).toMatchObject({
      granted: 1,
      excluded: { organisation: 1 },
    });
    const past = await createCampaign(ledger);
    await runToItsEnd(ledger, past.id);
    const stopped = await createCampaign(ledger);
    await cancel(stopped.id);
    expect(await ledger.findCampaign(stopped.id)).toMatchObject({ matched: null, remaining: null });
    const credits = { kind: 'grant_credits', amount: '1' } as const;
    const long = await createCampaign(ledger, { ...credits, valid_for: 'P300000Y' });
    const none = await createCampaign(ledger, { ...credits, valid_for: 'P0D' });
    const longAndCanceled = await createCampaign(ledger, { ...credits, valid_for: 'P9000Y' });
    await ledger.runCampaignPage(longAndCanceled.id, 1, START);
    await cancel(longAndCanceled.id);

    await undo();
    await takeAway();
    expect((await migrate(url)).length).toBeGreaterThan(0);
    expect(await ledger.findCampaign(stopped.id)).toMatchObject({ matched: 2, remaining: 2 });
    expect(await ledger.findCampaign(none.id)).toMatchObject({ status: 'canceled', matched: 2 });
    expect(await ledger.findCampaign(COMPLIMENTARY_CAMPAIGN)).toMatchObject({ status: 'running' });
    expect(await runToItsEnd(ledger, COMPLIMENTARY_CAMPAIGN)).toMatchObject({
      granted: 2,
      excluded: {},
      matched: 2,
      remaining: 0,
    });
    expect((await ledger.limits('acme', START)).resets_available).toBe(1);
    expect(await ledger.campaignAccount(past.id, 'acme')).toMatchObject({
      outcome: 'excluded',
      reason: 'organisation',
    });
    expect(await runToItsEnd(ledger, long.id)).toMatchObject({ status: 'completed', granted: 2 });
    expect(await ledger.balance('acme', START)).toMatchObject({ available: '2' });
    for (const { id } of [none, longAndCanceled]) {
      await ledger.actOnCampaign({ key: newKey('resume'), campaign_id: id, action: 'resume', at: START });
      expect(await runToItsEnd(ledger, id)).toMatchObject({ status: 'completed', remaining: 0 });
    }
    const { rows } = await client.query('SELECT max(expires_at) < $1 AS bounded FROM boon.lots', [
      '2130-01-01T00:00:00Z',
    ]);
    expect(rows).toEqual([{ bounded: true }]);
    await expectVerified(ledger);
  } finally {
    await client.end();
    await ledger.close();
    await dropDatabase(admin, name);
  }
});
