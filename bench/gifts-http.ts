/** How many gifts the HTTP server accepts a second while it starts their processes behind, and how long one is waited for. */
import { randomBytes } from 'node:crypto';
import { giftsAcceptedPerSecond } from './support/accept-load.ts';
import type { Bench } from './support/bench.ts';
import { type Figure, median } from './support/figure.ts';
import { newGift } from './support/gift-load.ts';
import { latenciesAt, requestsPerSecond, startMeasuredServer } from './support/http-rig.ts';
import { openLedgerDatabase } from './support/ledger-database.ts';
import { bareTransfersPerSecond, prepareBareTransfers } from './support/pgbench.ts';
import { startTemporalRig } from './support/temporal-rig.ts';

const CONNECTIONS = 64;

export const giftsHttp: Bench = async ({ postgresUrl, folder, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_gifts_http');
  await prepareBareTransfers(database.url);
  const rig = await startTemporalRig(folder, progress);
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const server = await startMeasuredServer({
    apiKey,
    databaseUrl: database.url,
    temporalAddress: rig.server.address,
  });
  const load = {
    apiKey,
    port: server.port,
    path: '/v1/transfers',
    connections: CONNECTIONS,
    body: newGift,
    withKeys: true,
  };
  const bare: Figure = {
    name: 'bare double-entry transfers/s in pgbench, 8 clients',
    rounds: [],
    unit: '/s',
  };
  const inProcess: Figure = { name: 'gifts accepted/s in process, 64 callers', rounds: [], unit: '/s' };
  const overHttp: Figure = { name: 'gifts accepted/s over HTTP, 64 connections', rounds: [], unit: '/s' };
  const ratio: Figure = {
    name: 'gifts accepted/s over HTTP, 64 connections ÷ bare transfer',
    rounds: [],
    unit: '×',
    bound: { least: 0.6 },
  };
  const door: Figure = {
    name: 'gifts accepted/s over HTTP ÷ in process, 64 callers',
    rounds: [],
    unit: '×',
    bound: { least: 0.7 },
  };
  const p50: Figure = {
    name: 'an accept over HTTP at half of the highest rate, p50',
    rounds: [],
    unit: 'ms',
  };
  const p99: Figure = { name: 'the same, p99', rounds: [], unit: 'ms' };
  const tail: Figure = {
    name: 'accepts over HTTP at half of the highest rate, p99 ÷ p50',
    rounds: [],
    unit: '×',
    bound: { most: 5 },
  };
  try {
    await requestsPerSecond({ ...load, seconds: 2 });
    for (let round = 1; round <= rounds; round++) {
      progress(`gifts over HTTP, round ${round} of ${rounds}`);
      const reference = await bareTransfersPerSecond(database.url, 8, seconds);
      const direct = await giftsAcceptedPerSecond(database.ledger, { callers: CONNECTIONS, seconds });
      const accepted = await requestsPerSecond({ ...load, seconds });
      const latencies = (await latenciesAt(accepted / 2, { ...load, seconds })).toSorted((a, b) => a - b);
      bare.rounds.push(reference);
      inProcess.rounds.push(direct);
      overHttp.rounds.push(accepted);
      ratio.rounds.push(accepted / reference);
      door.rounds.push(accepted / direct);
      const slow = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
      p50.rounds.push(median(latencies));
      p99.rounds.push(slow);
      tail.rounds.push(slow / median(latencies));
    }
  } finally {
    await server.stop();
    await rig.stop();
    await database.close();
  }
  return [bare, inProcess, overHttp, ratio, door, p50, p99, tail];
};
