/** The connection to PostgreSQL: the pool, which faults pass by themselves, and how faults become BoonErrors. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BoonError } from '../../contracts/errors.ts';
import { isError } from '../../domain/is-error.ts';

export type Database = pg.Pool;

/** Batches hold their locks for milliseconds, pages of campaigns for some hundred. */
const LOCK_WAIT_MS = 1_000;
/** For calls that are tried by themselves, while others wait behind them. */
const SHORT_LOCK_WAIT_MS = 50;
const IDLE_IN_TRANSACTION_MS = 30_000;
/** A new connection has every function to compile and every statement to plan: one that is idle is kept for this long. */
const IDLE_CONNECTION_MS = 600_000;

/**
 * Opens a pool. Times are UTC whatever the server's zone; a statement that hangs is ended by the server.
 * @param url a PostgreSQL connection string; TLS and the like as `pg` reads them.
 */
export function openDatabase(url: string, options: { connections?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 8,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    // Waits for locks end soon, so that a row that somebody holds does not keep a connection, and what else is in its call.
    lock_timeout: LOCK_WAIT_MS,
    // A transaction that its process forgot holds what it has locked no longer than this.
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    application_name: 'boon',
    options: '-c timezone=UTC',
  });
  // A connection that the server ends must not end the process, be it idle or taken and between two statements: the next
  // statement fails, or the next query opens a new one.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** SQLSTATE classes and codes after which the same statement can succeed: lost connections, restarts, deadlocks. */
const PASSING = /^(08\w{3}|57P0[123]|53300|25P03|40001|40P01|55P03)$/;
/** What a statement meets whose functions are made anew while it runs, by a newer Boon that starts: again, it finds the new ones. */
const MADE_ANEW = /^(could not open relation with OID|cache lookup failed for (function|type)) \d+$/;
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the fault is that a row with this value stands there already. */
export function isTaken(error: unknown, constraint: string): boolean {
  const { code, constraint: broken } = error as { code?: unknown; constraint?: unknown };
  return code === '23505' && broken === constraint;
}

/** Whether a statement ended because somebody holds a lock that it waited for. */
export function isLocked(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '55P03';
}

/** Whether the server ended a statement because it took too long: the same would take as long again. */
function isTimedOut(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '57014';
}

/** Whether a fault is the database's or the network's passing trouble, and not the statement's. */
export function isPassing(error: unknown): boolean {
  if (!isError(error)) return false;
  // Another process has used the same key at the same moment: its answer can be read now.
  if (isTaken(error, 'idempotency_keys_pkey')) return true;
  const code = (error as { code?: unknown }).code;
  if (code === 'XX000') return MADE_ANEW.test(error.message);
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
  return await persistUnless(() => false, work, patienceMs);
}

/** The same; a fault of which `isOurs` is true is thrown at once. */
async function persistUnless<T>(
  isOurs: (error: unknown) => boolean,
  work: () => Promise<T>,
  patienceMs: number,
): Promise<T> {
  const begun = performance.now();
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (isOurs(error) || !(isPassing(error) || isTimedOut(error))) throw error;
      if (isTimedOut(error) || performance.now() - begun >= patienceMs)
        throw new BoonError('unavailable', 'The ledger does not answer.', { cause: error });
      await sleep(Math.min(20 * 2 ** attempt, 1_000) * (0.5 + Math.random() / 2));
    }
  }
}

/**
 * The rows of a call with many requests; see {@link queryRow}. A lock that it waits for too long is thrown
 * ({@link isLocked}), so that the requests can be tried one by one; with `wait` "short" that is after a moment. Without it a lock is waited for as by any statement.
 */
export async function queryBatch<R extends pg.QueryResultRow>(
  database: Database,
  name: string,
  text: string,
  values: unknown[],
  wait?: 'usual' | 'short',
): Promise<R[]> {
  const query = { name, text, values };
  const work = () => (wait === 'short' ? queryShortly<R>(database, query) : ask<R>(database, query));
  return (await persistUnless(wait === undefined ? () => false : isLocked, work, 10_000)).rows;
}

async function queryShortly<R extends pg.QueryResultRow>(
  database: Database,
  query: pg.QueryConfig,
): Promise<pg.QueryResult<R>> {
  return await withConnection(database, async (client) => {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${SHORT_LOCK_WAIT_MS}`);
    try {
      const answer = await client.query<R>(query);
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      if (isRefused(error)) await client.query('ROLLBACK');
      throw error;
    }
  });
}

async function ask<R extends pg.QueryResultRow>(
  database: Database,
  query: pg.QueryConfig,
): Promise<pg.QueryResult<R>> {
  return await withConnection(database, (client) => client.query<R>(query));
}

/**
 * Does `work` on a connection of the pool. Where the server refused a statement the connection is as good as before, and
 * has its statements prepared: it stays in the pool, which by itself keeps none after a fault.
 */
async function withConnection<T>(
  database: Database,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.connect();
  let isLost = true;
  try {
    const result = await work(client);
    isLost = false;
    return result;
  } catch (error) {
    isLost = !isRefused(error);
    throw error;
  } finally {
    client.release(isLost);
  }
}

/** Whether the server itself refused a statement, and goes on with the connection. */
function isRefused(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}

/** One row of one statement; prepared under `name` so that it is parsed once a connection. */
export async function queryRow<R extends pg.QueryResultRow>(
  database: Database,
  name: string,
  text: string,
  values: unknown[],
): Promise<R | undefined> {
  const { rows } = await persist(() => ask<R>(database, { name, text, values }));
  return rows[0];
}

/** All rows of one statement; see {@link queryRow}. */
export async function queryRows<R extends pg.QueryResultRow>(
  database: Database,
  name: string,
  text: string,
  values: unknown[],
): Promise<R[]> {
  const { rows } = await persist(() => ask<R>(database, { name, text, values }));
  return rows;
}
