/**
 * Migrations: the numbered files of `migrations/`, forward only, and after them the functions. Applied in one transaction
 * under a lock, so that several processes may start at once; a file that was changed after it was applied is refused.
 */
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { installCode, presentCode } from './code.ts';
import { CODE_VERSION } from './code-version.ts';

const FOLDER = join(import.meta.dirname, '../migrations');
/** Any number, the same in every Boon: advisory locks are named by numbers. */
const LOCK = 4_607_153_020;

/** Longer than any statement of a server that runs on meanwhile keeps a table, but for a page that is stuck. */
const LOCK_WAIT = '10s';

/** A database that this version of Boon cannot work with, and what to do, in one sentence. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings the database to this version's schema.
 * @returns the versions applied, in order; empty when it was current.
 * @throws MigrationError when the schema was changed by hand or belongs to a newer Boon.
 */
export async function migrate(url: string): Promise<number[]> {
  const client = await connected(url);
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    // Who waits for a table makes all others wait behind it: a start that cannot have it soon fails instead.
    await client.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'`);
    await client.query('CREATE SCHEMA IF NOT EXISTS boon');
    await refuseNewer(client);
    const applied = await apply(client);
    await installCode(client);
    await client.query('COMMIT');
    return applied;
  } finally {
    await client.end();
  }
}

/** Versions of a database, and those that this Boon knows; a present one is 0 where there is nothing yet. */
export type SchemaVersions = {
  present: number;
  known: number;
  functions: { present: number; known: number };
};

/** The versions of the schema and of the functions. */
export async function schemaVersions(url: string): Promise<SchemaVersions> {
  const client = await connected(url);
  try {
    const { rows } = await client.query("SELECT to_regclass('boon.schema_version') IS NOT NULL AS made");
    const postgrator = postgratorOn(client);
    const present = rows[0].made ? await postgrator.getDatabaseVersion() : 0;
    const functions = { present: (await presentCode(client))?.version ?? 0, known: CODE_VERSION };
    return { present, known: await postgrator.getMaxVersion(), functions };
  } finally {
    await client.end();
  }
}

/** A connection of its own. One that is lost fails its statements, and not the process. */
async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function postgratorOn(client: pg.Client): Postgrator {
  return new Postgrator({
    driver: 'pg',
    migrationPattern: `${FOLDER}/*.sql`,
    schemaTable: 'boon.schema_version',
    newline: 'LF',
    execQuery: (query) => client.query(query),
  });
}

async function refuseNewer(client: pg.Client): Promise<void> {
  const present = (await presentCode(client))?.version ?? 0;
  if (present <= CODE_VERSION) return;
  throw new MigrationError(
    `The database's functions are at version ${present}, made by a newer Boon than this one (${CODE_VERSION}): run that one, or a database of its own.`,
  );
}

async function apply(client: pg.Client): Promise<number[]> {
  const postgrator = postgratorOn(client);
  const present = await postgrator.getDatabaseVersion();
  const known = await postgrator.getMaxVersion();
  if (present > known) {
    throw new MigrationError(
      `The database's schema is at version ${present}, made by a newer Boon than this one (${known}): run that one, or a database of its own.`,
    );
  }
  try {
    const migrations = await postgrator.migrate();
    return migrations.map((migration) => migration.version);
  } catch (error) {
    const drifted = /MD5 checksum failed for migration \[(\d+)\]/.exec(String(error))?.[1];
    if (drifted === undefined) throw error;
    throw new MigrationError(
      `Migration ${drifted} differs from the one that this database was made with: restore the file, and put changes into a new migration.`,
      { cause: error },
    );
  }
}
