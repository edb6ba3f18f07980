/** What verify costs since a checkpoint, against all of it, in a ledger of a million transfers. */
import { performance } from 'node:perf_hooks';
import { migrate } from '../src/ledger/postgres/migrate.ts';
import { createDatabase } from '../src/local/postgres.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { type LedgerDatabase, openLedgerCopy, START } from './support/ledger-database.ts';

/** `BENCH_TRANSFERS=100000` for a shorter run. */
const TRANSFERS = Number(process.env.BENCH_TRANSFERS ?? 1_000_000);
const ACCOUNTS = 10_000;
/** What comes between two runs. */
const GIFTS = 1_000;
const AT = new Date(START).toISOString();

export const verifyGrowth: Bench = async ({ postgresUrl, rounds, progress }) => {
  const url = await createDatabase(postgresUrl, 'bench_verify');
  await migrate(url);
  const database = await openLedgerCopy(url);
  await fill(database, progress);
  const figure: Figure = {
    name: `verify since a checkpoint ÷ all, at ${TRANSFERS.toLocaleString('en')} transfers and ${GIFTS} gifts since`,
    rounds: [],
    unit: '×',
    bound: { most: 0.05 },
  };
  const seconds: Figure = { name: 'verify of all', rounds: [], unit: 's' };
  for (let round = 1; round <= rounds; round++) {
    progress(`verify, round ${round} of ${rounds}`);
    const all = await timed(database, { keepCheckpoint: true }, progress);
    await give(database, round);
    await database.ledger.sealBlocks(AT);
    const since = await timed(database, { keepCheckpoint: true, sinceCheckpoint: true }, progress);
    figure.rounds.push(since / all);
    seconds.rounds.push(all);
  }
  await database.close();
  return [figure, seconds];
};

async function timed(
  { ledger }: LedgerDatabase,
  options: object,
  progress: (line: string) => void,
): Promise<number> {
  const began = performance.now();
  let check = '';
  let checkBegan = began;
  const slow = () => {
    const took = performance.now() - checkBegan;
    if (took > 500) progress(`  ${(took / 1000).toFixed(1)} s: ${check}`);
  };
  const report = await ledger.verify((next) => {
    slow();
    check = next;
    checkBegan = performance.now();
  }, options);
  slow();
  if (!report.ok) throw new Error(`The ledger does not hold: ${JSON.stringify(report.violations)}`);
  if ('sinceCheckpoint' in options && typeof report.since_checkpoint !== 'number')
    throw new Error('There was no checkpoint to begin from.');
  const took = (performance.now() - began) / 1000;
  progress(`  ${took.toFixed(1)} s in all, ${report.checked.transfers} transfers`);
  return took;
}

/** Every account is granted credits by one campaign after the other, which is the quickest way that the ledger has. */
async function fill({ ledger, sql }: LedgerDatabase, progress: (line: string) => void): Promise<void> {
  for (let from = 0; from < ACCOUNTS; from += 100) {
    const put = (n: number) =>
      ledger.putAccount(
        `acct_${from + n}`,
        {
          plan: 'plus',
          identity_verified_at: '2025-01-01T00:00:00.000Z',
          created_at: '2025-01-01T00:00:00.000Z',
        },
        AT,
      );
    await Promise.all(Array.from({ length: 100 }, (_, n) => put(n)));
  }
  for (let done = 0; done < TRANSFERS; done += ACCOUNTS) {
    const id = `cmp_${done}`;
    await ledger.createCampaign({
      id,
      key: id,
      at: AT,
      kind: 'grant_credits',
      amount: '3',
      source: 'purchased',
      giftable: true,
      expires_at: null,
      reason: 'bench',
    } as unknown as Parameters<typeof ledger.createCampaign>[0]);
    for (;;) if ((await ledger.runCampaignPage(id, 5_000, AT)).status !== 'running') break;
    if (done % 100_000 === 0) progress(`verify: ${done} of ${TRANSFERS} transfers written`);
  }
  await ledger.sealBlocks(AT);
  await sql.query('VACUUM ANALYZE');
}

async function give({ ledger }: LedgerDatabase, round: number): Promise<void> {
  const one = (n: number) => {
    const id = `gft_${round}_${n}`;
    return ledger.acceptGift({
      id,
      key: id,
      at: AT,
      from: `acct_${(n * 7) % ACCOUNTS}`,
      to: { account_id: `acct_${(n * 7 + 1) % ACCOUNTS}` },
      amount: '1',
      funding: 'transfer',
      message: null,
    });
  };
  await Promise.all(Array.from({ length: GIFTS }, (_, n) => one(n)));
}
