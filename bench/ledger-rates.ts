/** How many gifts the TypeScript ledger accepts and settles a second, against bare transfers in pgbench. */
import { giftsAcceptedPerSecond, giftsSettledPerSecond } from './support/accept-load.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { openLedgerDatabase, START } from './support/ledger-database.ts';
import { bareTransfersPerSecond, prepareBareTransfers } from './support/pgbench.ts';

const DUE = 10_000;
const AFTER_SETTLEMENT = new Date(START + 3 * 86_400_000).toISOString();

export const ledgerRates: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_rates');
  const { ledger, sql, url } = database;
  await prepareBareTransfers(url);
  const bare: Figure = {
    name: 'bare double-entry transfers/s in pgbench, 8 clients',
    rounds: [],
    unit: '/s',
  };
  const accepted: Figure = { name: 'gifts accepted/s, 64 callers', rounds: [], unit: '/s' };
  const at64: Figure = {
    name: 'gifts accepted/s, 64 callers ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 1 },
  };
  const at8: Figure = {
    name: 'gifts accepted/s, 8 callers ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 0.5 },
  };
  const hot: Figure = {
    name: 'gifts from one hot account ÷ from random accounts, 64 callers',
    rounds: [],
    unit: '×',
    bound: { least: 0.8 },
  };
  const settlements: Figure = { name: 'settlements/s of 10,000 due gifts', rounds: [], unit: '/s' };
  const settled: Figure = {
    name: 'settlements/s of 10,000 due gifts ÷ gifts accepted/s',
    rounds: [],
    unit: '×',
    bound: { least: 1.5 },
  };
  await giftsAcceptedPerSecond(ledger, { callers: 64, seconds });
  for (let round = 1; round <= rounds; round++) {
    progress(`ledger rates, round ${round} of ${rounds}`);
    const reference = await bareTransfersPerSecond(url, 8, seconds);
    const many = await giftsAcceptedPerSecond(ledger, { callers: 64, seconds });
    const few = await giftsAcceptedPerSecond(ledger, { callers: 8, seconds });
    const one = await giftsAcceptedPerSecond(ledger, { callers: 64, seconds, hot: true });
    const { rows } = await sql.query<{ id: string }>(
      `SELECT id FROM boon.gifts WHERE status = 'pending' AND sender_id <> 'acct_1' ORDER BY accepted_at LIMIT $1`,
      [DUE],
    );
    const settling = await giftsSettledPerSecond(
      ledger,
      rows.map((row) => row.id),
      AFTER_SETTLEMENT,
    );
    bare.rounds.push(reference);
    accepted.rounds.push(many);
    at64.rounds.push(many / reference);
    at8.rounds.push(few / reference);
    hot.rounds.push(one / many);
    settlements.rounds.push(settling);
    settled.rounds.push(settling / many);
  }
  await database.close();
  return [bare, accepted, at64, at8, hot, settlements, settled];
};
