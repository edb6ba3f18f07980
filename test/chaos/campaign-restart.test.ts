import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase, type LocalPostgres, startPostgres } from '../../src/local/postgres.ts';
import { createCampaign, fillAccounts, runToItsEnd } from '../support/campaigns.ts';
import { restarted, untilBeyond } from '../support/restarted-postgres.ts';
import { expectVerified, policyWith, START } from '../support/test-ledger.ts';

/** A hundred and fifty pages of twenty: it is killed three times on the way. */
const ACCOUNTS = 3_000;
const PAGE = 20;
const PAGES_BETWEEN_KILLS = 30;

/** A server of this file's own, with fsync on: a page that it has answered must survive it. */
let folder = '';
let server: LocalPostgres;
let ledger: Ledger;
const cleanups: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-campaign-'));
  cleanups.unshift(() => rm(folder, { recursive: true, force: true }));
  server = await startPostgres({ dataDir: folder });
  cleanups.unshift(() => server.stop());
  const url = await createDatabase(server.url, 'boon');
  await migrate(url);
  ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  cleanups.unshift(() => ledger.close());
  await ledger.usePolicy(policyWith(), START);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await fillAccounts({ sql: async (text, values) => (await client.query(text, values)).rows }, ACCOUNTS);
  await client.end();
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

test.each(['grant_reset', 'grant_credits'] as const)(
  'a database killed in the middle of a campaign of %s, again and again: it goes on by itself, each account once',
  async (kind) => {
    const { id } = await createCampaign(ledger, {
      kind,
      ...(kind === 'grant_credits' ? { amount: '1' } : {}),
    });
    let pages = 0;
    let running = true;
    const runCampaignPage: Ledger['runCampaignPage'] = async (...page) => {
      const campaign = await ledger.runCampaignPage(...page);
      pages += 1;
      return campaign;
    };
    const ended = runToItsEnd({ runCampaignPage }, id, { size: PAGE }).finally(() => {
      running = false;
    });
    for (let kills = 1; kills <= 3; kills += 1) {
      await untilBeyond(() => pages, kills * PAGES_BETWEEN_KILLS);
      expect(running).toBe(true);
      server = await restarted(server, folder, 'kill -9');
    }
    expect(await ended).toMatchObject({
      status: 'completed',
      matched: ACCOUNTS,
      granted: ACCOUNTS,
      remaining: 0,
    });
    expect(await ledger.campaignFaults(id)).toEqual([]);
    await expectVerified(ledger);
  },
);
