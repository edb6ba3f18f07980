import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startPostgres } from '../../src/local/postgres.ts';
import { FIRST, putCluster, TEMPLATE } from '../../src/testing/prepared-cluster.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'boon-cache-'));
  vi.stubEnv('BOON_CACHE_DIR', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

/** The databases of the cluster that have Boon's schema. */
async function migratedDatabases(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-cluster-'));
  await putCluster(folder);
  const postgres = await startPostgres({ dataDir: folder, settings: { fsync: 'off' } });
  try {
    const migrated = [];
    for (const name of await rowsOf(postgres.url, 'SELECT datname AS found FROM pg_database ORDER BY 1')) {
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      const [has] = await rowsOf(url.href, "SELECT (to_regclass('boon.gifts') IS NOT NULL)::text AS found");
      if (has === 'true') migrated.push(name);
    }
    return migrated;
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function rowsOf(url: string, text: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ found: string }>(text);
  await client.end();
  return rows.map(({ found }) => found);
}

test('a cluster is made once, and the copies of it are as good as the first', async () => {
  expect(await migratedDatabases()).toEqual([FIRST, TEMPLATE]);
  const kept = await readdir(join(cache, 'test-clusters'));
  expect(kept).toHaveLength(1);
  expect(await migratedDatabases()).toEqual([FIRST, TEMPLATE]);
  expect(await readdir(join(cache, 'test-clusters'))).toEqual(kept);
});

test('where the cache cannot be written, each start makes its own', async () => {
  vi.stubEnv('BOON_CACHE_DIR', '/dev/null/boon');
  expect(await migratedDatabases()).toEqual([FIRST, TEMPLATE]);
});
