/** The connection to PostgreSQL: the pool, which faults pass by themselves, and how faults become BoonErrors. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BoonError } from '../contracts/errors.ts';
import { isError } from '../domain/is-error.ts';

export type Database = pg.Pool;

/**
 * Opens a pool. Times are UTC whatever the server's zone; a statement that hangs is ended by the server.
 * @param url a PostgreSQL connection string; TLS and the like as `pg` reads them.
 */
export function openDatabase(url: string, options: { connections?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 8,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    application_name: 'boon',
    options: '-c timezone=UTC',
  });
  // An idle connection that the server ends must not end the process: the next query opens a new one.
  pool.on('error', () => undefined);
  return pool;
}

/** SQLSTATE classes and codes after which the same statement can succeed: lost connections, restarts, deadlocks. */
const PASSING = /^(08\w{3}|57P0[123]|53300|40001|40P01|55P03)$/;
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the fault is that a row with this value stands there already. */
export function isTaken(error: unknown, constraint: string): boolean {
  const { code, constraint: broken } = error as { code?: unknown; constraint?: unknown };
  return code === '23505' && broken === constraint;
}

/** Whether a fault is the database's or the network's passing trouble, and not the statement's. */
export function isPassing(error: unknown): boolean {
  if (!isError(error)) return false;
  // Another process has used the same key at the same moment: its answer can be read now.
  if (isTaken(error, 'idempotency_keys_pkey')) return true;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return PASSING.test(code) || LOST.has(code);
  return /terminated|timeout exceeded when trying to connect|Connection ended|Client has encountered a connection error/i.test(
    error.message,
  );
}

/**
 * Runs `work`, again while its fault is a passing one, for at most `patienceMs`. Only for work that is idempotent:
 * an answer lost on the way is asked for again.
 * @throws BoonError `unavailable` when the trouble lasts.
 */
export async function persist<T>(work: () => Promise<T>, patienceMs = 10_000): Promise<T> {
  let waited = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (waited >= patienceMs)
        throw new BoonError('unavailable', 'The ledger does not answer.', { cause: error });
      const pause = Math.min(20 * 2 ** attempt, 1_000) * (0.5 + Math.random() / 2);
      waited += pause;
      await sleep(pause);
    }
  }
}

/** One row of one statement; prepared under `name` so that it is parsed once a connection. */
export async function queryRow<R extends pg.QueryResultRow>(
  database: Database,
  name: string,
  text: string,
  values: unknown[],
): Promise<R | undefined> {
  const { rows } = await persist(() => database.query<R>({ name, text, values }));
  return rows[0];
}

/** All rows of one statement; see {@link queryRow}. */
export async function queryRows<R extends pg.QueryResultRow>(
  database: Database,
  name: string,
  text: string,
  values: unknown[],
): Promise<R[]> {
  const { rows } = await persist(() => database.query<R>({ name, text, values }));
  return rows;
}
