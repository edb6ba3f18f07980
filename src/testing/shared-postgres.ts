/** One real PostgreSQL for all the harnesses of a process: each has a database of its own on it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, dropDatabase, type LocalPostgres, startPostgres } from '../local/postgres.ts';
import { FIRST, putCluster, TEMPLATE } from './prepared-cluster.ts';

type Shared = { postgres: LocalPostgres; folder: string; firstIsLent: boolean };

/** A database, and how it is got rid of. */
type Lent = { url: string; end: () => Promise<void> };

let shared: Promise<Shared> | undefined;
let users = 0;

/** A migrated, empty database. The server starts for the first of its users and stops with the last. */
export async function borrowDatabase(): Promise<{ url: string; giveBack: () => Promise<void> }> {
  users += 1;
  shared ??= startShared();
  try {
    const server = await shared;
    const { url, end } = server.firstIsLent ? await another(server.postgres) : first(server);
    const giveBack = async () => {
      await end();
      await leave();
    };
    return { url, giveBack };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** It is there from the start, so the first harness does not wait for a copy. It is lent once, and goes with the server. */
function first(server: Shared): Lent {
  server.firstIsLent = true;
  const url = new URL(server.postgres.url);
  url.pathname = `/${FIRST}`;
  return { url: url.href, end: async () => undefined };
}

async function another({ url: server }: LocalPostgres): Promise<Lent> {
  const name = `boon_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(server, name, { template: TEMPLATE });
  return { url, end: () => dropDatabase(server, name) };
}

async function leave(): Promise<void> {
  users -= 1;
  if (users > 0) return;
  const last = shared;
  shared = undefined;
  const stopping = await last?.catch(() => undefined);
  if (stopping !== undefined) await stop(stopping);
}

async function startShared(): Promise<Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-testing-'));
  try {
    await putCluster(folder);
    const postgres = await startPostgres({
      dataDir: folder,
      // What a test writes need not survive the machine's power.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 200 },
    });
    return { postgres, folder, firstIsLent: false };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function stop({ postgres, folder }: Shared): Promise<void> {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
