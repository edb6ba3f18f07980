/** One real PostgreSQL for all the harnesses of a process: each has a database of its own on it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../ledger/migrate.ts';
import { createDatabase, dropDatabase, type LocalPostgres, startPostgres } from '../local/postgres.ts';

const TEMPLATE = 'boon_template';

type Shared = { postgres: LocalPostgres; folder: string };

let shared: Promise<Shared> | undefined;
let users = 0;

/** A migrated, empty database. The server starts for the first of its users and stops with the last. */
export async function borrowDatabase(): Promise<{ url: string; giveBack: () => Promise<void> }> {
  users += 1;
  shared ??= startShared();
  try {
    const { postgres } = await shared;
    const name = `boon_${randomBytes(6).toString('hex')}`;
    const url = await createDatabase(postgres.url, name, { template: TEMPLATE });
    const giveBack = async () => {
      await dropDatabase(postgres.url, name);
      await leave();
    };
    return { url, giveBack };
  } catch (error) {
    await leave();
    throw error;
  }
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
  const postgres = await startPostgres({
    dataDir: folder,
    // What a test writes need not survive the machine's power.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 200 },
  }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  try {
    await migrate(await createDatabase(postgres.url, TEMPLATE));
    return { postgres, folder };
  } catch (error) {
    await stop({ postgres, folder });
    throw error;
  }
}

async function stop({ postgres, folder }: Shared): Promise<void> {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
