/**
 * `npm run bench`: every figure of docs/performance.md, as ratios against a reference in the same run, medians of
 * the rounds. `npm run bench -- ledger-rates --rounds 3` runs one of them; `--json` prints the rounds too.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../src/local/postgres.ts';
import { allocateYoung } from '../src/observability/allocate-young.ts';
import { acceptLatency } from './accept-latency.ts';
import { activity } from './activity.ts';
import { campaign } from './campaign.ts';
import { giftCpu } from './gift-cpu.ts';
import { giftHistory } from './gift-history.ts';
import { giftsBatched } from './gifts-batched.ts';
import { giftsHttp } from './gifts-http.ts';
import { help } from './help.ts';
import { ledgerGrowth } from './ledger-growth.ts';
import { ledgerRates } from './ledger-rates.ts';
import { reads } from './reads.ts';
import { redemptions } from './redemptions.ts';
import { referralActions } from './referral-actions.ts';
import type { Bench } from './support/bench.ts';
import { type Figure, row } from './support/figure.ts';
import { fsyncLatency } from './support/fsync.ts';
import { usage } from './usage.ts';
import { usageGrowth } from './usage-growth.ts';
import { usageLatency } from './usage-latency.ts';
import { verifyGrowth } from './verify-growth.ts';
import { weight } from './weight.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  'gift-history': giftHistory,
  'gift-cpu': giftCpu,
  'referral-actions': referralActions,
  'accept-latency': acceptLatency,
  'gifts-http': giftsHttp,
  'gifts-batched': giftsBatched,
  reads,
  'ledger-rates': ledgerRates,
  'ledger-growth': ledgerGrowth,
  activity,
  campaign,
  redemptions,
  usage,
  'usage-latency': usageLatency,
  'usage-growth': usageGrowth,
  'verify-growth': verifyGrowth,
  weight,
  help,
};

const HELP = `npm run bench [-- NAME …] [--rounds 5] [--seconds 4] [--requests 1000000] [--json]
NAME: ${Object.keys(BENCHES).join(', ')}; all when none is given.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    requests: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !(name in BENCHES));
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `No such benchmark: ${unknown.join(', ')}.\n${HELP}` : HELP);
  process.exit(unknown.length > 0 ? 2 : 0);
}

// The ledger is measured in this process: as in a service.
allocateYoung();
const folder = await mkdtemp(join(tmpdir(), 'boon-bench-'));
// As a production server would be set: commits reach the disk, and checkpoints are seldom.
const postgres = await startPostgres({
  dataDir: join(folder, 'postgres'),
  settings: {
    shared_buffers: '2GB',
    max_wal_size: '8GB',
    checkpoint_timeout: '30min',
    wal_compression: 'on',
    max_connections: 200,
  },
});
const fsync = await fsyncLatency(folder);
const figures: Figure[] = [];
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
    const bench = BENCHES[name];
    if (bench === undefined) continue;
    figures.push(
      ...(await bench({
        postgresUrl: postgres.url,
        postgresPid: postgres.pid,
        folder,
        rounds: Number(values.rounds),
        seconds: Number(values.seconds),
        requests: Number(values.requests),
        progress: (line) => console.error(line),
      })),
    );
  }
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify({ fsync, figures }, null, 2));
else {
  console.log(
    ['| figure | median | rounds | wanted | reached |', '|---|---|---|---|---|', ...figures.map(row)].join(
      '\n',
    ),
  );
  console.log(`\nOne write that reaches the disk, by pg_test_fsync: ${fsync}.`);
}
