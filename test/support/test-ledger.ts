/** A ledger of a test file's own, on the suite's PostgreSQL; verified when it closes. */
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, inject } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { mergePolicy } from '../../src/domain/merge-policy.ts';
import type { Policy, VersionedPolicy } from '../../src/domain/policy.ts';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';
import { TEMPLATE_DATABASE } from './suite.ts';

/** A policy document with any of its keys left out. */
export type PolicyPatch = { [K in keyof Policy]?: DeepPartial<Policy[K]> };
type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/** The moment at which most tests begin. */
export const START = '2026-03-10T12:00:00.000Z';

export type TestLedger = {
  ledger: Ledger;
  /** The database, for a second ledger or a server on it. */
  url: string;
  encryptionKey: Buffer;
  /** Raw SQL, for looking at rows and for breaking them. */
  sql: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  /** Proves the invariants, then closes and drops the database. */
  close: () => Promise<void>;
};

/** The shipped policy with changes laid over it, under a version of its own content. */
export function policyWith(patch: PolicyPatch = {}): VersionedPolicy {
  const policy = mergePolicy(SHIPPED_POLICY, patch) as Policy;
  return {
    version: `p_${createHash('sha256').update(canonicalJson(policy)).digest('hex').slice(0, 16)}`,
    policy,
  };
}

/** Opens a ledger on a database of its own. */
export async function openTestLedger(patch: PolicyPatch = {}): Promise<TestLedger> {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(adminUrl, name, { template: TEMPLATE_DATABASE });
  const encryptionKey = randomBytes(32);
  const ledger = createPostgresLedger({ url, encryptionKey });
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // Dropping the database may meet a connection that is just being closed.
  pool.on('error', () => undefined);
  await ledger.usePolicy(policyWith(patch), START);
  return {
    ledger,
    url,
    encryptionKey,
    sql: async (text, values) => (await pool.query(text, values)).rows,
    async close() {
      try {
        await expectVerified(ledger);
      } finally {
        await ledger.close();
        await pool.end();
        await dropDatabase(adminUrl, name);
      }
    },
  };
}

/** Asserts that every invariant holds, and shows those that do not. */
export async function expectVerified(ledger: Ledger): Promise<void> {
  const report = await ledger.verify();
  expect(report.violations).toEqual([]);
}

let serial = 0;
/** A business key that no other call has. */
export function newKey(step = 'step'): string {
  serial += 1;
  return `test/${serial}:${step}`;
}

/** A gift id that no other call has. */
export function newGiftId(): string {
  serial += 1;
  return `gft_test${String(serial).padStart(8, '0')}`;
}

/** An established, verified account with credits to give, or what `put` says instead. */
export async function seedAccount(
  ledger: Ledger,
  id: string,
  options: {
    credits?: string;
    put?: Partial<Parameters<Ledger['putAccount']>[1]>;
    expires_at?: string | null;
    at?: string;
  } = {},
): Promise<void> {
  const at = options.at ?? START;
  await ledger.putAccount(
    id,
    {
      plan: 'plus',
      identity_verified_at: '2026-01-01T00:00:00.000Z',
      created_at: '2025-01-01T00:00:00.000Z',
      ...options.put,
    },
    at,
  );
  if (options.credits !== undefined) {
    await ledger.grant({
      key: newKey('grant'),
      at,
      account_id: id,
      amount: options.credits,
      source: 'purchased',
      expires_at: options.expires_at ?? null,
      giftable: true,
      reason: 'seed',
    });
  }
}

/**
 * Lets this version's ledger put accounts into a database of a version that had no names and no tags for them. Answers
 * what undoes it, which must be done before that database is migrated.
 */
export async function takingAccountsWithoutNames(
  sql: (text: string) => Promise<unknown>,
): Promise<() => Promise<unknown>> {
  await sql(`CREATE FUNCTION boon_code.describe_account(p_id text, p jsonb, p_at timestamptz) RETURNS jsonb LANGUAGE sql
    RETURN boon_code.put_account(p_id, p, p_at) || '{"etag":"none"}'::jsonb`);
  return () => sql('DROP FUNCTION boon_code.describe_account(text, jsonb, timestamptz)');
}

/** A moment some time after another: `later(START, { hours: 24 })`. */
export function later(
  from: string,
  by: { days?: number; hours?: number; minutes?: number; seconds?: number; ms?: number },
): string {
  const ms =
    (((by.days ?? 0) * 24 + (by.hours ?? 0)) * 60 + (by.minutes ?? 0)) * 60_000 +
    (by.seconds ?? 0) * 1000 +
    (by.ms ?? 0);
  return new Date(Date.parse(from) + ms).toISOString();
}
