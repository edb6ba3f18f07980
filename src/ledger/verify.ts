/** `boon ledger verify`: proves the invariants in one snapshot. A report names the account, lot or gift. */

import type pg from 'pg';
import { BoonError } from '../contracts/errors.ts';
import { isPassing } from './database.ts';
import { INVARIANTS } from './invariants.ts';
import type { VerifyReport, Violation } from './ledger.ts';

const COUNTS = `
  SELECT (SELECT count(*) FROM boon.transfers)::int AS transfers, (SELECT count(*) FROM boon.entries)::int AS entries,
    (SELECT count(*) FROM boon.lots)::int AS lots, (SELECT count(*) FROM boon.gifts)::int AS gifts,
    (SELECT count(*) FROM boon.accounts)::int AS accounts, (SELECT count(*) FROM boon.blocks)::int AS blocks`;

/** The most faults that one check reports. */
const MOST_FAULTS = 20;

/** Where the checks are run: a pool, of which one connection is taken. */
export type CheckedDatabase = { connect: () => Promise<Pick<pg.PoolClient, 'query' | 'release'>> };

/** Runs every check in one read-only snapshot. `progress` hears the name of each as it begins. */
export async function verify(
  database: CheckedDatabase,
  progress: (check: string) => void = () => undefined,
): Promise<VerifyReport> {
  try {
    return await runChecks(database, progress);
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new BoonError('unavailable', 'The ledger does not answer.', { cause: error });
  }
}

async function runChecks(
  database: CheckedDatabase,
  progress: (check: string) => void,
): Promise<VerifyReport> {
  const client = await database.connect();
  let done = false;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SET LOCAL statement_timeout = 0');
    const violations: Violation[] = [];
    for (const [invariant, query] of Object.entries(INVARIANTS)) {
      progress(invariant);
      const { rows } = await client.query<{ detail: string }>(`${query} LIMIT ${MOST_FAULTS}`);
      violations.push(...rows.map(({ detail }) => ({ invariant, detail })));
    }
    const { rows } = await client.query<VerifyReport['checked']>(COUNTS);
    await client.query('COMMIT');
    const checked = rows[0] ?? { transfers: 0, entries: 0, lots: 0, gifts: 0, accounts: 0, blocks: 0 };
    done = true;
    return { ok: violations.length === 0, checked, violations };
  } finally {
    // A fault leaves the transaction open: such a connection is not used again.
    client.release(!done);
  }
}
