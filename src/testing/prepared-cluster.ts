/**
 * A PostgreSQL cluster with Boon's schema in it, made once a machine: copying its files takes a fraction of the time of
 * making and migrating one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, constants, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { migrate } from '../ledger/postgres/migrate.ts';
import { cacheFolder } from '../local/cache-folder.ts';
import { startPostgres } from '../local/postgres.ts';
import { postgresBinaries } from '../local/postgres-binaries.ts';
import { type PostgresUser, postgresUser } from '../local/postgres-user.ts';
import { systemErrorCode } from '../local/setup-error.ts';

/**
 * The databases of the cluster. Both have the schema and are empty: one is used as it is, the other is for more to be copied
 * of. They are PostgreSQL's own, for each database is three hundred files.
 */
export const FIRST = 'postgres';
export const TEMPLATE = 'template1';
/** A cluster that nobody has used for this long is an older version's. */
const KEPT_MS = 7 * 86_400_000;
/** Counts up when `makeCluster` makes something else of the same PostgreSQL and the same schema. */
const MAKING = 1;
const LEDGER = join(import.meta.dirname, '..', 'ledger');

/** Puts a cluster into an empty folder, as `startPostgres` takes it. */
export async function putCluster(folder: string): Promise<void> {
  const kept = join(cacheFolder(), 'test-clusters', await version());
  if (!(await isThere(kept))) {
    await makeCluster(folder);
    await keep(folder, kept);
    return;
  }
  const now = new Date();
  await utimes(kept, now, now).catch(() => undefined);
  copyCluster(kept, folder, postgresUser(join(folder, 'data')));
}

/** The same PostgreSQL and the same schema make the same cluster. */
async function version(): Promise<string> {
  const { postgres } = await postgresBinaries();
  const manifest = JSON.parse(await readFile(join(dirname(postgres), '../../package.json'), 'utf8'));
  const digest = createHash('sha256').update(`${MAKING} ${manifest.name}@${manifest.version}`);
  const files = (await readdir(LEDGER, { recursive: true })).filter((name) => name.endsWith('.sql')).sort();
  for (const text of await Promise.all(files.map((name) => readFile(join(LEDGER, name)))))
    digest.update(text);
  return digest.digest('hex').slice(0, 32);
}

async function makeCluster(folder: string): Promise<void> {
  const postgres = await startPostgres({ dataDir: folder, settings: { fsync: 'off' } });
  try {
    for (const name of [FIRST, TEMPLATE]) {
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      await migrate(url.href);
    }
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    // A third of all files, and nothing is ever made of it.
    await client.query('ALTER DATABASE template0 IS_TEMPLATE false');
    await client.query('DROP DATABASE template0');
    await client.end();
  } finally {
    await postgres.stop();
  }
}

/** Copies a stopped cluster into the cache; where that cannot be written, the next start makes it again. */
async function keep(folder: string, kept: string): Promise<void> {
  const all = dirname(kept);
  const making = join(all, `making-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(all, { recursive: true });
    await removeOld(all);
    copyCluster(folder, making, undefined);
    await rename(making, kept);
  } catch (error) {
    // Another process was faster, or the disk is full or not ours.
    if (systemErrorCode(error) === undefined) throw error;
    await rm(making, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function removeOld(all: string): Promise<void> {
  for (const name of await readdir(all)) {
    const { mtimeMs } = await stat(join(all, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(all, name), { recursive: true, force: true });
  }
}

/** A cluster that does not run: its data and its password. @param owner whose the data is to be; ours when not given. */
function copyCluster(from: string, to: string, owner: PostgresUser | undefined): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  copyFileSync(join(from, 'password'), join(to, 'password'));
  copyFolder(join(from, 'data'), join(to, 'data'), owner);
}

/** One small file after another, a thousand of them: that is quicker than handing each to another thread. */
function copyFolder(from: string, to: string, owner: PostgresUser | undefined): void {
  const own = (path: string) => owner && chownSync(path, owner.uid, owner.gid);
  mkdirSync(to, { mode: 0o700 });
  own(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target, owner);
    else {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      own(target);
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
