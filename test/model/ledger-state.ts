/** What stands in the database, read in one query, and the invariants that must hold after every step. */
import { expect } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import { toGift } from '../../src/ledger/postgres/rows.ts';
import type { TestLedger } from '../support/test-ledger.ts';
import { iso, viewOf } from './model-gift.ts';
import type { ModelLedger } from './model-ledger.ts';

type Totals = { available: string; held: string };
type LotRow = [
  account: string,
  source: string,
  granted: string,
  remaining: string,
  expires: string | null,
  giftable: boolean,
];
export type LedgerState = {
  totals: Record<string, Totals>;
  lots: LotRow[];
  gifts: Gift[];
  issued: string;
  expired: string;
  /** Of every row but those of keys, which also remember refusals. */
  digest: string;
};

const TABLES = [
  'accounts',
  'account_history',
  'billing_days',
  'ledger_accounts',
  'transfers',
  'lots',
  'entries',
  'debts',
  'debt_movements',
  'takings',
  'gifts',
  'gift_usage',
  'events',
  'blocks',
];
const READ = `SELECT
  (SELECT json_object_agg(a.id, json_build_object(
     'available', (a.credits_posted - a.debits_posted - a.debits_pending)::text, 'held', a.debits_pending::text))
   FROM boon.ledger_accounts a) AS totals,
  (SELECT coalesce(json_agg(json_build_array(l.account_id, l.source, l.granted::text, l.remaining::text, l.expires_at, l.giftable)
     ORDER BY l.account_id, l.id), '[]') FROM boon.lots l) AS lots,
  (SELECT coalesce(json_agg(boon_code.gift_view(g) ORDER BY g.transfer), '[]') FROM boon.gifts g) AS gifts,
  (SELECT coalesce(sum(amount), 0)::text FROM boon.transfers WHERE kind = 'grant') AS issued,
  (SELECT coalesce(sum(amount), 0)::text FROM boon.transfers WHERE kind = 'expiry') AS expired,
  (SELECT md5(coalesce(string_agg(x.row, E'\\n'), '')) FROM (
     ${TABLES.map((table) => `(SELECT t::text AS row FROM boon.${table} t ORDER BY 1)`).join(' UNION ALL ')}) x) AS digest`;

export async function readState(own: TestLedger): Promise<LedgerState> {
  const [row] = (await own.sql(READ)) as LedgerState[];
  if (row === undefined) throw new Error('the database did not answer');
  const lots = row.lots.map((lot): LotRow => {
    lot[4] = lot[4] === null ? null : new Date(lot[4]).toISOString();
    return lot;
  });
  return { ...row, lots, gifts: row.gifts.map(toGift) };
}

/** Empties the database but for its schema and policies, however append-only it is. */
export async function emptyDatabase(own: TestLedger): Promise<void> {
  await own.sql(`
    SET session_replication_role = replica;
    TRUNCATE ${[...TABLES, 'idempotency_keys'].map((table) => `boon.${table}`).join(', ')} RESTART IDENTITY;
    SET session_replication_role = origin;
    INSERT INTO boon.ledger_accounts (id) VALUES ('${PROMOTIONAL_BUDGET}')`);
}

/** Conservation, no negative part, lots equal the balance, holds equal the open gifts. */
export function expectInvariants(state: LedgerState): void {
  let owned = 0n;
  for (const [id, { available, held }] of Object.entries(state.totals)) {
    owned += BigInt(available) + BigInt(held);
    expect(BigInt(available)).toBeGreaterThanOrEqual(0n);
    const lots = state.lots
      .filter(([account]) => account === id)
      .map(([, , , remaining]) => BigInt(remaining));
    expect(lots.every((remaining) => remaining >= 0n)).toBe(true);
    expect([id, lots.reduce((sum, remaining) => sum + remaining, 0n)]).toEqual([id, BigInt(available)]);
  }
  expect(BigInt(state.issued)).toBe(owned + BigInt(state.expired));
}

/** As the column's collation does, which is that of bytes. */
function byAccount(a: { account: string }, b: { account: string }): number {
  return a.account < b.account ? -1 : a.account > b.account ? 1 : 0;
}

/** The whole ledger is as the model says: each lot, each hold, each gift. */
export function expectLikeModel(state: LedgerState, model: ModelLedger, now: number): void {
  expect(state.gifts).toEqual(model.gifts.map(viewOf));
  expect(state.lots).toEqual(
    // Ids order the lots of one account; between accounts their order says nothing.
    model.lots
      .toSorted(byAccount)
      .map((lot) => [
        lot.account,
        lot.source,
        String(lot.granted),
        String(lot.remaining),
        lot.expiresAt === null ? null : iso(lot.expiresAt),
        lot.giftable,
      ]),
  );
  for (const [id, { held }] of Object.entries(state.totals))
    expect([id, BigInt(held)]).toEqual([id, model.balance(id, now).held]);
}
