/**
 * Before the tests: Temporal's servers are on the machine, and there is one real PostgreSQL, with a database
 * of the current schema that each test file copies.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/ledger/migrate.ts';
import { createDatabase, startPostgres } from '../../src/local/postgres.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';
import { TEMPLATE_DATABASE } from './template-database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the suite's PostgreSQL, its superuser. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await fetchServers();
  const folder = await mkdtemp(join(tmpdir(), 'boon-test-'));
  const postgres = await startPostgres({
    dataDir: folder,
    // Data of tests need not survive the machine's power; tests of crashes start their own server.
    settings: { fsync: 'off', max_connections: 200, shared_buffers: '256MB' },
  });
  const stop = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await migrate(await createDatabase(postgres.url, TEMPLATE_DATABASE));
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('postgresUrl', postgres.url);
  return stop;
}

/** Most files need them. On a fresh machine it takes some seconds, which are no test's. */
async function fetchServers(): Promise<void> {
  const progress = (line: string) => console.log(line);
  await findTemporalCli(progress);
  await findTimeSkippingServer(progress);
}
