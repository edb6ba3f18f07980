/** Lists that go over all accounts are read by an index in their order, whatever they are filtered by: no row is sorted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listGrants } from '../../../src/ledger/accounts/read-grants.ts';
import { searchInvoices } from '../../../src/ledger/billing/list-invoices.ts';
import { encodeCursor } from '../../../src/ledger/postgres/cursor.ts';
import { type Database, openDatabase } from '../../../src/ledger/postgres/database.ts';
import { searchReferrals } from '../../../src/ledger/referrals/search-referrals.ts';
import { openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
let database: Database;
beforeAll(async () => {
  own = await openTestLedger();
  database = openDatabase(own.url, { connections: 1 });
  // Of tables without rows PostgreSQL reads all; with these off it takes an index where one gives the order.
  await database.query('SET enable_seqscan = off');
  await database.query('SET enable_bitmapscan = off');
});
afterAll(async () => {
  await database.end();
  await own.close();
});

/** The plan of the first statement that a list asks. */
async function planOf(list: (database: Database) => Promise<unknown>): Promise<string> {
  let asked: { text: string; values: unknown[] } | undefined;
  const query = async (statement: { text: string; values: unknown[] }) => {
    asked ??= statement;
    return { rows: [] };
  };
  const listening = { connect: async () => ({ query, release: () => undefined }) } as unknown as Database;
  await list(listening).catch(() => undefined);
  if (asked === undefined) throw new Error('nothing was asked');
  const { text, values } = asked;
  const literal = (value: unknown) =>
    value === null ? 'NULL' : typeof value === 'number' ? `${value}` : `'${value}'`;
  const filled = text.replace(/\$(\d+)/g, (_, n) => literal(values[Number(n) - 1]));
  const { rows } = await database.query<Record<string, string>>(`EXPLAIN ${filled}`);
  return rows.map((row) => Object.values(row).join()).join('\n');
}

const page = { limit: 20 };
const referral = { ...page, cursor: encodeCursor(['1781168400000000', 'ref_1']) };
const invoice = { ...page, cursor: encodeCursor(['2026-03-01', 'acme']) };

test.each([
  ['all referrals', (d) => searchReferrals(d, {}, page, START)],
  ['referrals behind a cursor', (d) => searchReferrals(d, {}, referral, START)],
  ['referrals of a program', (d) => searchReferrals(d, { program: 'p' }, referral, START)],
  ['referrals of a status', (d) => searchReferrals(d, { status: 'invited' }, referral, START)],
  ['referrals of both', (d) => searchReferrals(d, { program: 'p', status: 'joined' }, referral, START)],
  ['referrals of a referrer', (d) => searchReferrals(d, { referrer_id: 'ada' }, referral, START)],
  ['all invoices', (d) => searchInvoices(d, {}, invoice)],
  ['invoices of a month', (d) => searchInvoices(d, { month: '2026-03' }, page)],
  ['invoices of a status', (d) => searchInvoices(d, { status: 'open' }, invoice)],
  ['grants of an account', (d) => listGrants(d, { account_id: 'ada' }, page)],
] as [string, (database: Database) => Promise<unknown>][])('%s', async (_name, list) => {
  const plan = await planOf(list);
  expect(plan).toMatch(/Index (Only )?Scan/);
  // Rows of one moment may be put in order; a whole list may not.
  expect(plan, plan).not.toMatch(/(?<!Incremental )Sort {2}|Seq Scan/);
});
