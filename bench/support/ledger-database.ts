/** A database with accounts that have plenty to give, and the ledger on it. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { mergePolicy } from '../../src/domain/merge-policy.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase } from '../../src/local/postgres.ts';

/** As many as the reference has. */
export const ACCOUNTS = 10_000;
/** The moment at which the gifts are given. */
export const START = Date.parse('2026-03-10T12:00:00.000Z');

const UNLIMITED = { count: 1_000_000_000, amount: '1000000000' };

/**
 * The shipped policy with limits that a benchmark does not reach. Screening stays on, but for the two rules that
 * would hold every gift of an account that gives thousands an hour.
 */
export const POLICY = mergePolicy(SHIPPED_POLICY, {
  gifts: {
    limits: { per_day: UNLIMITED, per_month: UNLIMITED },
    screening: { velocity: { verdict: 'allow' }, fan_out: { verdict: 'allow' }, fan_in: { senders: 1000 } },
  },
}) as Policy;

export type LedgerDatabase = { url: string; ledger: Ledger; sql: pg.Pool; close: () => Promise<void> };

/** Makes the database `name` with {@link ACCOUNTS} accounts of a billion credits' worth each. */
export async function openLedgerDatabase(adminUrl: string, name: string): Promise<LedgerDatabase> {
  const url = await createDatabase(adminUrl, name);
  await migrate(url);
  const database = await openLedgerCopy(url);
  await database.sql.query(SEED, [ACCOUNTS]);
  await database.sql.query('VACUUM ANALYZE');
  return database;
}

/** Opens a database that is there already, a copy of such a one. */
export async function openLedgerCopy(url: string): Promise<LedgerDatabase> {
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  await ledger.usePolicy({ version: 'bench', policy: POLICY }, new Date(START).toISOString());
  const sql = new pg.Pool({ connectionString: url, max: 2 });
  sql.on('error', () => undefined);
  return {
    url,
    ledger,
    sql,
    async close() {
      await ledger.close();
      await sql.end();
    },
  };
}

/** Accounts and their credits as grants would have made them, in one statement. */
const SEED = `
  WITH account AS (
    INSERT INTO boon.accounts (id, kind, plan, status, billing_day, identity_verified_at, created_at, updated_at)
    SELECT 'acct_' || i, 'person', 'plus', 'active', 1, '2025-01-01', '2025-01-01', '2025-01-01' FROM generate_series(1, $1::int) i
    RETURNING id
  ), total AS (
    INSERT INTO boon.ledger_accounts (id, credits_posted) SELECT id, 1000000000000000 FROM account
  ), granted AS (
    INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    SELECT 'posted', 'grant', 'boon:issuance', id, 1000000000000000, 'seed', '2025-01-01' FROM account
    RETURNING seq, credit_account
  ), lot AS (
    INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, giftable, transfer, slice)
    SELECT credit_account, 'purchased', 1000000000000000, 1000000000000000, '2025-01-01', true, seq, 1 FROM granted
    RETURNING id, account_id, transfer
  )
  INSERT INTO boon.entries
  SELECT transfer, 1, account_id, id, 'grant', 1000000000000000, 1000000000000000, 'seed', '2025-01-01' FROM lot`;

/** An account's id; the first is the hot one. */
export function accountId(index: number): string {
  return `acct_${index + 1}`;
}
