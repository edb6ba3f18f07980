/**
 * Before the tests: Temporal's servers are on the machine, and one real PostgreSQL and one real Temporal server run for
 * all files. Each file has a copy of the database of the current schema, and a namespace of its own where it asks for one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/temporal.ts';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { createDatabase, startPostgres } from '../../src/local/postgres.ts';
import { startTemporalDevServer } from '../../src/local/temporal.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';
import { scratchFolderOfRun } from './memory-folder.ts';
import { NAMESPACE_SEQUENCE, TEMPLATE_DATABASE, TEST_NAMESPACES } from './suite.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the suite's PostgreSQL, its superuser. */
    postgresUrl: string;
    /** `host:port` of the suite's Temporal server. */
    temporalAddress: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cli = await fetchServers();
  const scratch = scratchFolderOfRun();
  // Of this process and all that it starts.
  process.env.TMPDIR = scratch;
  process.env.NODE_COMPILE_CACHE = join(cacheFolder(), 'compiled');
  // Workers inside a test process run workflows in its own thread: another one would load the SDK once more for each.
  process.env.TEMPORAL_DEBUG = '1';
  const stops = [() => rm(scratch, { recursive: true, force: true })];
  const stop = async () => {
    for (const stopOne of stops.toReversed()) await stopOne();
  };
  try {
    await Promise.all([startDatabase(project, stops), startTemporal(cli, project, stops)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function startDatabase(project: TestProject, stops: (() => Promise<void>)[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-test-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({
    dataDir: folder,
    // Data of tests need not survive the machine's power, nor databases of seconds be vacuumed, after which every statement is
    // planned anew; tests of crashes start their own server.
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: 300,
      shared_buffers: '256MB',
      autovacuum: 'off',
      // Once a connection, and not five times before: connections of tests are many, and do little.
      plan_cache_mode: 'force_generic_plan',
    },
  });
  stops.push(() => postgres.stop());
  await migrate(await createDatabase(postgres.url, TEMPLATE_DATABASE));
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`CREATE SEQUENCE ${NAMESPACE_SEQUENCE}`);
  await client.end();
  project.provide('postgresUrl', postgres.url);
}

async function startTemporal(
  cli: string,
  project: TestProject,
  stops: (() => Promise<void>)[],
): Promise<void> {
  const temporal = await startTemporalDevServer({
    cli,
    headless: true,
    namespaces: TEST_NAMESPACES,
    searchAttributes: SEARCH_ATTRIBUTES,
    // A file's task queues have a worker or two, which need not look for tasks in four places.
    dynamicConfig: { 'matching.numTaskqueueReadPartitions': 1, 'matching.numTaskqueueWritePartitions': 1 },
  });
  stops.push(() => temporal.stop());
  project.provide('temporalAddress', temporal.address);
}

/** Most files need them. On a fresh machine it takes some seconds, which are no test's. */
async function fetchServers(): Promise<string> {
  const progress = (line: string) => console.log(line);
  await findTimeSkippingServer(progress);
  return await findTemporalCli(progress);
}
