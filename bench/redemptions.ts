/** How many banked resets the TypeScript ledger redeems a second, against bare transfers in pgbench. */
import type { Ledger } from '../src/ledger/ledger.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { ACCOUNTS, accountId, openLedgerDatabase, START } from './support/ledger-database.ts';
import { bareTransfersPerSecond, prepareBareTransfers } from './support/pgbench.ts';

const AT = new Date(START).toISOString();

/** Every account has used something, and has two resets to redeem: one is chosen among them. */
const REFILL = `
  WITH used AS (
    INSERT INTO boon.usage_windows (account_id, kind, started_at, used)
    SELECT 'acct_' || i, kind, $2, 5000000 FROM generate_series(1, $1::int) i, unnest(enum_range(NULL::boon.window_kind)) kind
    ON CONFLICT (account_id, kind) DO UPDATE SET started_at = excluded.started_at, used = excluded.used, restored_by = NULL
  ), banked AS (
    INSERT INTO boon.resets (account_id, status, source, reference, policy_version, granted_at, expires_at)
    SELECT 'acct_' || i, 'available', 'grant', 'bench', 'bench', $2, $2::timestamptz + interval '30 days'
    FROM generate_series(1, $1::int) i, generate_series(1, $3::int)
    RETURNING id, account_id
  )
  INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
  SELECT id, account_id, 'granted', 'bench', $2 FROM banked`;

export const redemptions: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_redemptions');
  const { ledger, sql, url } = database;
  await prepareBareTransfers(url);
  let banked = 2;
  const refill = async () => {
    await sql.query(REFILL, [ACCOUNTS, AT, banked]);
    banked = 1;
    await sql.query('VACUUM ANALYZE boon.usage_windows, boon.resets');
  };
  const bare: Figure = {
    name: 'bare double-entry transfers/s in pgbench, 8 clients',
    rounds: [],
    unit: '/s',
  };
  const redeemed: Figure = { name: 'redemptions/s, 64 callers', rounds: [], unit: '/s' };
  const at64: Figure = {
    name: 'redemptions/s, 64 callers ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 0.7 },
  };
  const at8: Figure = {
    name: 'redemptions/s, 8 callers ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 0.7 },
  };
  await refill();
  await redemptionsPerSecond(ledger, { callers: 64, seconds: 1, refill });
  for (let round = 1; round <= rounds; round++) {
    progress(`redemptions, round ${round} of ${rounds}`);
    const reference = await bareTransfersPerSecond(url, 8, seconds);
    const many = await redemptionsPerSecond(ledger, { callers: 64, seconds, refill });
    const few = await redemptionsPerSecond(ledger, { callers: 8, seconds, refill });
    bare.rounds.push(reference);
    redeemed.rounds.push(many);
    at64.rounds.push(many / reference);
    at8.rounds.push(few / reference);
  }
  await database.close();
  return [bare, redeemed, at64, at8];
};

type Load = { callers: number; seconds: number; refill: () => Promise<void> };

let serial = 0;

/** Redeems once for each account, in any order, pass after pass; filling up between two passes is not counted. */
async function redemptionsPerSecond(ledger: Ledger, { callers, seconds, refill }: Load): Promise<number> {
  let done = 0;
  let measured = 0;
  while (measured < seconds * 1_000) {
    await refill();
    const waiting = Array.from({ length: ACCOUNTS }, (_, index) => accountId(index)).toSorted(
      () => Math.random() - 0.5,
    );
    const began = performance.now();
    const until = began + seconds * 1_000 - measured;
    const caller = async () => {
      for (let id = waiting.pop(); id !== undefined && performance.now() < until; id = waiting.pop()) {
        serial += 1;
        const { outcome } = await ledger.redeemReset({
          account_id: id,
          request_id: `${id}-${serial}`,
          at: AT,
        });
        if (outcome !== 'reset') throw new Error(`the redemption of ${id} ended as ${outcome}`);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    measured += performance.now() - began;
  }
  return done / (measured / 1_000);
}
