/** The way from a command to the database itself, for what is not the API's to do. Loaded when such a command runs. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { schemaVersions } from '../ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../ledger/postgres-ledger.ts';
import { ownEncryptionKey } from '../local/own-keys.ts';
import { ensureDatabase, startPostgres } from '../local/postgres.ts';
import { assertDatabaseAnswers } from '../local/reachable.ts';
import { runningStack } from '../local/running-stack.ts';
import { CommandFailed, Unreachable } from './failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs work on the database that `DATABASE_URL` names; without one on the local database, which is started for the
 * time of the work when no local start runs.
 *
 * @throws Unreachable when there is no such database
 */
export async function withDatabase<T>(
  { env, note }: Terminal,
  work: (url: string, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(env);
  if (config.databaseUrl !== undefined) {
    await assertDatabaseAnswers(config.databaseUrl);
    return await work(config.databaseUrl, config);
  }
  const dataDir = resolve(config.dataDir);
  const running = await runningStack(dataDir);
  if (running !== undefined) return await work(running.databaseUrl, config);
  if (!existsSync(join(dataDir, 'postgres', 'data'))) {
    throw new Unreachable(
      `There is no database in ${config.dataDir}: \`npm start\` makes one, or set DATABASE_URL to another.`,
    );
  }
  note('No local start runs: starting its PostgreSQL for this command.');
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres') });
  try {
    return await work(await ensureDatabase(postgres.url, 'boon'), config);
  } finally {
    await postgres.stop();
  }
}

/** @throws CommandFailed where the database is not at this version's schema */
async function assertMigrated(url: string): Promise<void> {
  const { present, known, functions } = await schemaVersions(url);
  const { host, pathname } = new URL(url);
  const where = `The database at ${host}${pathname}`;
  const advice = 'run `boon migrate`, or set DATABASE_URL to another one.';
  if (present === 0) throw new CommandFailed(`${where} has no ledger of Boon yet: ${advice}`);
  if (present > known || functions.present > functions.known)
    throw new CommandFailed(
      `${where} was made by a newer Boon: run that one, or set DATABASE_URL to another one.`,
    );
  if (present < known || functions.present < functions.known)
    throw new CommandFailed(
      `${where} has schema version ${present}.${functions.present}, and this Boon needs ${known}.${functions.known}: ${advice}`,
    );
}

/** {@link withDatabase} with the ledger on it. */
export async function withLedger<T>(terminal: Terminal, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  return await withConfiguredLedger(terminal, work);
}

/** The same, with the settings too. */
export async function withConfiguredLedger<T>(
  terminal: Terminal,
  work: (ledger: Ledger, config: Config) => Promise<T>,
): Promise<T> {
  return await withDatabase(terminal, async (url, config) => {
    await assertMigrated(url);
    const encryptionKey = config.encryptionKey ?? (await ownEncryptionKey(resolve(config.dataDir)));
    const ledger = createPostgresLedger({ url, encryptionKey });
    try {
      return await work(ledger, config);
    } finally {
      await ledger.close();
    }
  });
}
