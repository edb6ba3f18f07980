/** What a server and a worker weigh: their memory after many requests, and how long a server takes to start. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import { mergePolicy } from '../src/domain/merge-policy.ts';
import type { Policy } from '../src/domain/policy.ts';
import { freePort } from '../src/local/ports.ts';
import { keepSchedules } from '../src/temporal/schedules.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { newGift } from './support/gift-load.ts';
import { type HttpLoad, requestsPerSecond, startMeasuredServer } from './support/http-rig.ts';
import { ACCOUNTS, accountId, openLedgerDatabase, POLICY } from './support/ledger-database.ts';
import { startMeasuredWorker, startTemporalRig, stopWorker } from './support/temporal-rig.ts';

const CONNECTIONS = 64;
/** After so many requests a process has everything that it needs. */
const FEW = 10_000;
/** Uses to one gift. */
const USES = 4;
/** Memory that is no longer used is given back meanwhile. */
const REST_MS = 5_000;
const STARTS = 5;
const POLICY_VERSION = 'bench-soon';

export const weight: Bench = async ({ postgresUrl, folder, requests, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_weight');
  const soon = { gifts: { settlement: 'PT5S' } };
  const policy = { version: POLICY_VERSION, policy: mergePolicy(POLICY, soon) as Policy };
  await database.ledger.usePolicy(policy, new Date().toISOString());
  const rig = await startTemporalRig(folder, progress);
  const { address } = rig.server;
  const parts = {
    databaseUrl: database.url,
    policyVersion: POLICY_VERSION,
    giftProcesses: 'batched' as const,
  };
  const worker = await startMeasuredWorker({ ...parts, address, taskQueue: TASK_QUEUE });
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const server = await startMeasuredServer({ ...parts, apiKey, temporalAddress: address });
  const load = { apiKey, port: server.port, connections: CONNECTIONS };
  try {
    await keepSchedules(rig.client, TASK_QUEUE, { processes: 'batched', settlementParts: 1 });
    const weighed = async (sent: number) => {
      await sleep(REST_MS);
      const found = { server: rss(server.pid), worker: rss(worker.pid ?? 0) };
      progress(`weight: after ${sent} requests server ${found.server} MB, worker ${found.worker} MB`);
      return found;
    };
    await answered(load, FEW);
    const early = await weighed(FEW);
    let late = early;
    for (let sent = FEW; sent < requests; ) {
      // Doubled each time, so that it can be seen whether it grows on.
      const next = Math.min(sent, requests - sent);
      await answered(load, next);
      sent += next;
      late = await weighed(sent);
    }
    const memory = (['server', 'worker'] as const).flatMap((part): Figure[] => [
      { name: `memory of a ${part} after ${FEW} requests`, rounds: [early[part]], unit: 'MB' },
      { name: `the same after ${requests}`, rounds: [late[part]], unit: 'MB' },
      {
        name: `memory of a ${part} after ${requests} requests ÷ after ${FEW}`,
        rounds: [late[part] / early[part]],
        unit: '×',
        bound: { most: 1.3 },
      },
    ]);
    return [...memory, await serverStart(database.url, address, progress)];
  } finally {
    await server.stop();
    await stopWorker(worker);
    await rig.stop();
    await database.close();
  }
};

/** Sends so many requests, gifts and uses in turn, by two loads side by side. */
async function answered(
  load: Pick<HttpLoad, 'apiKey' | 'port' | 'connections'>,
  requests: number,
): Promise<void> {
  const connections = load.connections / 2;
  const each = Number.POSITIVE_INFINITY;
  await Promise.all([
    requestsPerSecond({
      ...load,
      connections,
      seconds: each,
      most: Math.ceil(requests / (USES + 1)),
      path: '/v1/transfers',
      body: newGift,
      withKeys: true,
    }),
    requestsPerSecond({
      ...load,
      connections,
      seconds: each,
      most: Math.floor((requests * USES) / (USES + 1)),
      path: '/v1/usage',
      body: newUse,
    }),
  ]);
}

let serial = 0;

/** A use that the plan pays, of any account, now. */
function newUse(): string {
  serial += 1;
  const account_id = accountId(Math.floor(Math.random() * ACCOUNTS));
  return JSON.stringify({ id: `req_w${serial}`, account_id, product: 'codex', units: '0.000001' });
}

/** Megabytes of memory that a process holds. */
function rss(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1_024);
}

/** From `npm run server` without npm to the first ready answer; the first start, which fills the caches, does not count. */
async function serverStart(
  databaseUrl: string,
  temporalAddress: string,
  progress: (line: string) => void,
): Promise<Figure> {
  const figure: Figure = {
    name: 'start of a server until it is ready',
    rounds: [],
    unit: 's',
    bound: { most: 1.5 },
  };
  const key = randomBytes(32).toString('base64');
  for (let start = 0; start <= STARTS; start++) {
    progress(`weight: start ${start} of ${STARTS}`);
    const port = await freePort();
    const began = performance.now();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../src/server.ts')],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: 'node_modules/.cache/boon',
          PORT: String(port),
          DATABASE_URL: databaseUrl,
          TEMPORAL_ADDRESS: temporalAddress,
          BOON_ENCRYPTION_KEY: key,
          BOON_DRAIN_SECONDS: '0',
        },
      },
    );
    const ended = once(child, 'exit');
    while (!(await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok) {
      if (child.exitCode !== null) throw new Error('the server did not start');
      await sleep(5);
    }
    if (start > 0) figure.rounds.push((performance.now() - began) / 1_000);
    child.kill('SIGTERM');
    await ended;
  }
  return figure;
}
