import pg from 'pg';
import { isError } from '../domain/is-error.ts';
import type { TemporalTarget } from '../temporal/connection.ts';
import { LocalSetupError, NotReached, systemErrorCode } from './setup-error.ts';

const DATABASE_WITHIN_MS = 5_000;
/** Of PostgreSQL; `server_version_num` counts in ten thousands. */
const OLDEST_MAJOR = 15;

/**
 * Checks a database that the operator named, before anything is started for it.
 *
 * @throws NotReached when it does not answer or refuses us; LocalSetupError when it is too old
 */
export async function assertDatabaseAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: DATABASE_WITHIN_MS });
  client.on('error', () => {}); // The connection broke after it stood: whoever uses it next says so.
  try {
    await client.connect();
    const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
    const major = Math.floor(rows[0].version / 10_000);
    if (major < OLDEST_MAJOR) {
      throw new LocalSetupError(
        `DATABASE_URL is PostgreSQL ${major}, and Boon needs ${OLDEST_MAJOR} or newer: name another one, or unset it to use the embedded one`,
      );
    }
  } catch (error) {
    if (error instanceof LocalSetupError) throw error;
    throw new NotReached(
      `The database at ${shown(url)} does not take us (${reason(error)}): check DATABASE_URL, or unset it to use the embedded PostgreSQL`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Checks a Temporal server that the operator named. @throws TemporalUnreachable */
export async function assertTemporalAnswers(target: TemporalTarget): Promise<void> {
  // Its native code is not for who only asks after a database.
  const { connectWorker } = await import('../temporal/worker-connection.ts');
  const connection = await connectWorker(target);
  await connection.close();
}

/** The URL without its password. */
function shown(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function reason(error: unknown): string {
  const message = isError(error) ? error.message : String(error);
  return message || systemErrorCode(error) || 'no answer';
}
