/** How many uses are answered over HTTP, against bare transfers, and how evenly at half of the highest rate. */
import { randomBytes } from 'node:crypto';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { latenciesAt, requestsPerSecond, startMeasuredServer } from './support/http-rig.ts';
import { ACCOUNTS, accountId, openLedgerDatabase } from './support/ledger-database.ts';
import { bareTransfersPerSecond, prepareBareTransfers } from './support/pgbench.ts';

const CONNECTIONS = 64;

export const usageLatency: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_usage_latency');
  await prepareBareTransfers(database.url);
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const server = await startMeasuredServer({ apiKey, databaseUrl: database.url });
  const load = { apiKey, port: server.port, path: '/v1/usage', connections: CONNECTIONS, body: newUse };
  const bare: Figure = {
    name: 'bare double-entry transfers/s in pgbench, 8 clients',
    rounds: [],
    unit: '/s',
  };
  const highest: Figure = { name: 'uses/s over HTTP, 64 connections', rounds: [], unit: '/s' };
  const rateRatio: Figure = {
    name: 'uses/s over HTTP, 64 connections ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 1.8 },
  };
  const p50: Figure = { name: 'a use over HTTP at half of the highest rate, p50', rounds: [], unit: 'ms' };
  const ratio: Figure = {
    name: 'a use over HTTP at half of the highest rate, p99 ÷ p50',
    rounds: [],
    unit: '×',
    bound: { most: 5 },
  };
  try {
    await requestsPerSecond({ ...load, seconds: 2 });
    for (let round = 1; round <= rounds; round++) {
      progress(`usage latency, round ${round} of ${rounds}`);
      const reference = await bareTransfersPerSecond(database.url, 8, seconds);
      const rate = await requestsPerSecond({ ...load, seconds });
      const latencies = (await latenciesAt(rate / 2, { ...load, seconds })).toSorted((a, b) => a - b);
      const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
      bare.rounds.push(reference);
      highest.rounds.push(rate);
      rateRatio.rounds.push(rate / reference);
      p50.rounds.push(at(0.5));
      ratio.rounds.push(at(0.99) / at(0.5));
    }
  } finally {
    await server.stop();
    await database.close();
  }
  return [bare, highest, rateRatio, p50, ratio];
};

let serial = 0;

/** A use that the plan pays, of any account, now. */
function newUse(): string {
  serial += 1;
  const account_id = accountId(Math.floor(Math.random() * ACCOUNTS));
  return JSON.stringify({ id: `req_${serial}`, account_id, product: 'codex', units: '0.000001' });
}
