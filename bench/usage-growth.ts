/** What a use costs in a ledger of 10 million uses against one of 100,000. */
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { ACCOUNTS, type LedgerDatabase, openLedgerDatabase, START } from './support/ledger-database.ts';
import { usesPerSecond } from './support/usage-load.ts';

const FEW = 100_000;
const MANY = 10_000_000;
/** Of each of which the uses fill a part: this one and the twelve before it, as the policy keeps them. */
const MONTHS = 13;

export const usageGrowth: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const small = await openLedgerDatabase(postgresUrl, 'bench_usage_small');
  const large = await openLedgerDatabase(postgresUrl, 'bench_usage_large');
  await fill(small, FEW, progress);
  await fill(large, MANY, progress);
  const growth: Figure = {
    name: 'cost of a use at 10 million uses ÷ at 100,000',
    rounds: [],
    unit: '×',
    bound: { most: 1.3 },
  };
  const load = { callers: 32, seconds, accounts: [0, ACCOUNTS] as const };
  for (const { ledger } of [small, large]) await usesPerSecond(ledger, load);
  for (let round = 1; round <= rounds; round++) {
    progress(`usage growth, round ${round} of ${rounds}`);
    const few = await usesPerSecond(small.ledger, load);
    const many = await usesPerSecond(large.ledger, load);
    growth.rounds.push(few / many);
  }
  await small.close();
  await large.close();
  return [growth];
};

/** Uses of the past, spread evenly over the accounts and the months. */
async function fill({ sql }: LedgerDatabase, uses: number, progress: (line: string) => void): Promise<void> {
  for (let month = 0; month < MONTHS; month++) {
    await sql.query(`SELECT boon_code.make_usage_month($1::timestamptz - $2 * interval '1 month')`, [
      new Date(START),
      month,
    ]);
    await sql.query(FILL, [new Date(START), month, Math.round(uses / MONTHS), ACCOUNTS]);
    progress(`usage growth: ${month + 1} of ${MONTHS} months of ${uses} uses written`);
  }
  await sql.query('VACUUM ANALYZE');
  await sql.query('CHECKPOINT');
}

const FILL = `
  INSERT INTO boon.usage (seq, account_id, id, at, told_at, product, units, policy_version, amount, plan_part, pool_part, own_part, invoice_part,
    five_hour_limit, five_hour_used, five_hour_started_at, weekly_limit, weekly_used, weekly_started_at, balance)
  SELECT nextval('boon.usage_seq'), 'acct_' || (1 + (hashint8(i) & 2147483647) % $4::int), 'req_' || md5(i::text || $2::text), t.at, t.at,
    'codex', 1, 'bench', 1, 1, 0, 0, 0, 25000000, 1, t.at, 150000000, 1, t.at, 1000000000000000
  FROM generate_series(1, $3::int) i
  CROSS JOIN LATERAL (SELECT date_trunc('month', $1::timestamptz - $2::int * interval '1 month') + i * interval '8 days' / $3::int AS at) t`;
