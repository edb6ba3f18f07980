/** A transaction of a test's own that holds locks, so that what others do in what order is known. */
import pg from 'pg';
import { expect } from 'vitest';
import type { TestLedger } from './test-ledger.ts';

type Query = (text: string, values?: unknown[]) => Promise<pg.QueryResult>;

/** Begins a transaction with a statement that locks something, and ends it after `work`, which may send more. */
export async function holding<T>(
  own: Pick<TestLedger, 'url'>,
  [text, values]: [string, unknown[]],
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: own.url });
  await client.connect();
  const query: Query = (sent, given) => client.query(sent, given);
  try {
    await query('BEGIN');
    await query(text, values);
    return await work(query);
  } finally {
    await client.end();
  }
}

/** Waits until so many statements of the ledger wait for locks. */
export async function untilWaiting({ sql }: Pick<TestLedger, 'sql'>, statements: number): Promise<void> {
  const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'boon'`;
  await expect.poll(async () => (await sql(waiting))[0]?.count, { timeout: 30_000 }).toBe(statements);
}
