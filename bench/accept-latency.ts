/** How long one client waits for an accepted gift over HTTP, against the start of a bare workflow. */
import { randomBytes, randomUUID } from 'node:crypto';
import { BoonClient } from '../src/client/index.ts';
import { readConfig } from '../src/config.ts';
import { createLogger } from '../src/observability/logger.ts';
import { startServer } from '../src/start-server.ts';
import type { Bench } from './support/bench.ts';
import { type Figure, median } from './support/figure.ts';
import { ACCOUNTS, accountId, openLedgerDatabase, POLICY } from './support/ledger-database.ts';
import { startTemporalRig } from './support/temporal-rig.ts';

const CALLS = 300;

export const acceptLatency: Bench = async ({ postgresUrl, folder, rounds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_latency');
  const rig = await startTemporalRig(folder, progress);
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: rig.server.address,
    BOON_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOON_API_KEY: apiKey,
    BOON_RATE_LIMIT: '1000000',
    BOON_LOG_LEVEL: 'error',
  });
  const server = await startServer({
    config,
    policy: { version: 'bench', policy: POLICY },
    env: {},
    clock: () => new Date(),
    logger: createLogger('error'),
  });
  const client = new BoonClient({ baseUrl: server.url, apiKey });
  const p50: Figure = { name: 'accept over HTTP, p50', rounds: [], unit: 'ms' };
  const start: Figure = { name: 'bare workflow start, p50', rounds: [], unit: 'ms' };
  const ratio: Figure = {
    name: 'accept p50 over HTTP at one client ÷ bare workflow start',
    rounds: [],
    unit: '×',
    bound: { most: 0.3 },
  };
  try {
    for (let round = 0; round <= rounds; round++) {
      progress(`accept latency, round ${round} of ${rounds}`);
      const accepts: number[] = [];
      const starts: number[] = [];
      // In turn, so that what slows the machine slows both.
      for (let i = 0; i < CALLS; i++) {
        const sender = i % ACCOUNTS;
        accepts.push(
          await elapsed(() =>
            client.transfers.create({
              from: accountId(sender),
              to: { account_id: accountId(sender + 1) },
              amount: '1',
            }),
          ),
        );
        starts.push(
          await elapsed(() =>
            rig.client.workflow.start('bare', {
              workflowId: `bare/${randomUUID()}`,
              taskQueue: 'nobody',
              startDelay: '1 day',
              args: [],
            }),
          ),
        );
      }
      if (round === 0) continue;
      p50.rounds.push(median(accepts));
      start.rounds.push(median(starts));
      ratio.rounds.push(median(accepts) / median(starts));
    }
  } finally {
    await server.close();
    await rig.stop();
    await database.close();
  }
  return [p50, start, ratio];
};

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
