/** How many uses the TypeScript ledger charges a second: to the plan, to credits, to one organisation's pool. */
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { ACCOUNTS, openLedgerDatabase, START } from './support/ledger-database.ts';
import { bareTransfersPerSecond, prepareBareTransfers } from './support/pgbench.ts';
import { usesPerSecond } from './support/usage-load.ts';

/** A third of the accounts has a plan that lasts, a third pays with credits of its own, a third out of one pool. */
const THIRD = Math.floor(ACCOUNTS / 3);
const ON_PLAN = [0, THIRD] as const;
const ON_CREDITS = [THIRD, 2 * THIRD] as const;
const IN_POOL = [2 * THIRD, 3 * THIRD] as const;

/** The plan of the second and the last third is used up; the last are members of acct_10000's organisation. */
const PREPARE = `
  WITH used AS (
    INSERT INTO boon.usage_windows (account_id, kind, started_at, used)
    SELECT 'acct_' || i, kind, $1, CASE kind WHEN 'five_hour' THEN 25000000 ELSE 150000000 END
    FROM generate_series($2::int + 1, $2::int * 3) i, unnest(enum_range(NULL::boon.window_kind)) kind
  ), pool AS (
    UPDATE boon.accounts SET kind = 'organisation' WHERE id = 'acct_10000'
  )
  UPDATE boon.accounts SET org_id = 'acct_10000' FROM generate_series($2::int * 2 + 1, $2::int * 3) i WHERE id = 'acct_' || i`;

export const usage: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_usage');
  const { ledger, sql, url } = database;
  await prepareBareTransfers(url);
  await sql.query(PREPARE, [new Date(START), THIRD]);
  await sql.query('VACUUM ANALYZE');
  const bare: Figure = {
    name: 'bare double-entry transfers/s in pgbench, 8 clients',
    rounds: [],
    unit: '/s',
  };
  const plan: Figure = { name: 'uses/s paid by the plan, 8 callers', rounds: [], unit: '/s' };
  const planRatio: Figure = {
    name: 'uses/s paid by the plan, 8 callers ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 1.2 },
  };
  const credits: Figure = { name: 'uses/s paid by credits, 8 callers', rounds: [], unit: '/s' };
  const creditsRatio: Figure = {
    name: 'uses/s paid by credits, 8 callers ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 0.9 },
  };
  const poolRatio: Figure = {
    name: 'uses of one organisation’s pool ÷ of random accounts’ credits, 32 callers',
    rounds: [],
    unit: '×',
    bound: { least: 0.8 },
  };
  for (const accounts of [ON_PLAN, ON_CREDITS, IN_POOL])
    await usesPerSecond(ledger, { callers: 32, seconds, accounts });
  for (let round = 1; round <= rounds; round++) {
    progress(`usage, round ${round} of ${rounds}`);
    const reference = await bareTransfersPerSecond(url, 8, seconds);
    const byPlan = await usesPerSecond(ledger, { callers: 8, seconds, accounts: ON_PLAN });
    const byCredits = await usesPerSecond(ledger, { callers: 8, seconds, accounts: ON_CREDITS });
    const apart = await usesPerSecond(ledger, { callers: 32, seconds, accounts: ON_CREDITS });
    const hot = await usesPerSecond(ledger, { callers: 32, seconds, accounts: IN_POOL });
    bare.rounds.push(reference);
    plan.rounds.push(byPlan);
    planRatio.rounds.push(byPlan / reference);
    credits.rounds.push(byCredits);
    creditsRatio.rounds.push(byCredits / reference);
    poolRatio.rounds.push(hot / apart);
  }
  await database.close();
  return [bare, plan, planRatio, credits, creditsRatio, poolRatio];
};
