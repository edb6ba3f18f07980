/**
 * Gifts from acceptance to settlement where they are settled together: accepted over HTTP all the while, with everything on
 * this machine. Settled are those of the last minute, once the first are due.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTLEMENT_WORKFLOW, TASK_QUEUE } from '../src/contracts/temporal.ts';
import { mergePolicy } from '../src/domain/merge-policy.ts';
import type { Policy } from '../src/domain/policy.ts';
import { keepSchedules } from '../src/temporal/schedules.ts';
import type { Bench, BenchContext } from './support/bench.ts';
import { cpuSeconds, cpuSecondsOfTree } from './support/cpu.ts';
import type { Figure } from './support/figure.ts';
import { newGift } from './support/gift-load.ts';
import { requestsPerSecond, startMeasuredServer } from './support/http-rig.ts';
import { openLedgerDatabase, POLICY } from './support/ledger-database.ts';
import { startMeasuredWorker, startTemporalRig, stopWorker } from './support/temporal-rig.ts';

const CONNECTIONS = 64;
const SETTLEMENT_SECONDS = 5;
const MEASURED_SECONDS = 60;
/** Until the first run of the schedule has met what is due. */
const BEFORE_SECONDS = SETTLEMENT_SECONDS + 12;
/** Of a run of the schedule: its own start, the workflow's, and its one activity. */
const ACTIONS_OF_A_RUN = 3;
const POLICY_VERSION = 'bench-soon';
const PARTS = ['PostgreSQL', 'server', 'worker', 'Temporal', 'the client'] as const;
type Part = (typeof PARTS)[number];

export const giftsBatched: Bench = async (context) => {
  const { rounds, progress } = context;
  const settled: Figure = {
    name: 'gifts/s from acceptance to settlement, `batched`, for a minute, accepted over HTTP meanwhile',
    rounds: [],
    unit: '/s',
    bound: { least: 2_000 },
  };
  const accepted: Figure = { name: 'gifts accepted/s over HTTP beside that', rounds: [], unit: '/s' };
  const actions: Figure = {
    name: 'actions a gift, `batched`',
    rounds: [],
    unit: 'actions',
    bound: { most: 0.05 },
  };
  const cpu = Object.fromEntries(
    PARTS.map((part): [Part, Figure] => [
      part,
      { name: `CPU of a gift from acceptance to settlement, ${part}`, rounds: [], unit: 'ms' },
    ]),
  ) as Record<Part, Figure>;
  for (let round = 1; round <= rounds; round++) {
    progress(`gifts settled together, round ${round} of ${rounds}`);
    const measured = await measure(context, round);
    for (const part of PARTS) cpu[part].rounds.push(measured.cpu[part] * 1_000);
    settled.rounds.push(measured.settled);
    accepted.rounds.push(measured.accepted);
    actions.rounds.push(measured.actions);
  }
  return [settled, accepted, actions, ...PARTS.map((part) => cpu[part])];
};

type Measured = { settled: number; accepted: number; actions: number; cpu: Record<Part, number> };

async function measure(
  { postgresUrl, postgresPid, folder, progress }: BenchContext,
  round: number,
): Promise<Measured> {
  const database = await openLedgerDatabase(postgresUrl, `bench_gifts_batched_${round}`);
  const soon = { gifts: { settlement: `PT${SETTLEMENT_SECONDS}S` } };
  const policy = { version: POLICY_VERSION, policy: mergePolicy(POLICY, soon) as Policy };
  await database.ledger.usePolicy(policy, new Date().toISOString());
  const rig = await startTemporalRig(folder, progress);
  const { address } = rig.server;
  const ofBatched = {
    databaseUrl: database.url,
    policyVersion: POLICY_VERSION,
    giftProcesses: 'batched' as const,
  };
  const worker = await startMeasuredWorker({ ...ofBatched, address, taskQueue: TASK_QUEUE });
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const server = await startMeasuredServer({ ...ofBatched, apiKey, temporalAddress: address });
  const settledSoFar = async () => {
    const { rows } = await database.sql.query(`SELECT count(*) FROM boon.gifts WHERE status = 'settled'`);
    return Number(rows[0]?.count);
  };
  try {
    await keepSchedules(rig.client, TASK_QUEUE, { processes: 'batched', settlementParts: 1 });
    const accepting = requestsPerSecond({
      apiKey,
      port: server.port,
      path: '/v1/transfers',
      connections: CONNECTIONS,
      body: newGift,
      withKeys: true,
      seconds: BEFORE_SECONDS + MEASURED_SECONDS,
    });
    await sleep(BEFORE_SECONDS * 1_000);
    const [began, before, runsBefore] = [performance.now(), await settledSoFar(), await runs()];
    const cpuBefore = cpuSoFar();
    await sleep(MEASURED_SECONDS * 1_000);
    const seconds = (performance.now() - began) / 1_000;
    const gifts = (await settledSoFar()) - before;
    const cpuNow = cpuSoFar();
    const actions = ((await runs()) - runsBefore) * ACTIONS_OF_A_RUN;
    const cpu = Object.fromEntries(PARTS.map((part) => [part, (cpuNow[part] - cpuBefore[part]) / gifts]));
    return {
      settled: gifts / seconds,
      accepted: await accepting,
      actions: actions / gifts,
      cpu: cpu as Record<Part, number>,
    };
  } finally {
    await server.stop();
    await stopWorker(worker);
    await rig.stop();
    await database.close();
  }

  function cpuSoFar(): Record<Part, number> {
    return {
      PostgreSQL: cpuSecondsOfTree(postgresPid),
      server: cpuSeconds(server.pid),
      worker: cpuSeconds(worker.pid ?? 0),
      Temporal: cpuSeconds(rig.server.pid),
      'the client': cpuSeconds(process.pid),
    };
  }

  async function runs(): Promise<number> {
    return (await rig.client.workflow.count(`WorkflowType = "${SETTLEMENT_WORKFLOW}"`)).count;
  }
}
