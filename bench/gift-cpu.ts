/** CPU of a gift's process, Temporal server and worker together, against a trivial workflow with one timer. */
import { giftWorkflowId } from '../src/contracts/gifts/gift.ts';
import type { Bench } from './support/bench.ts';
import { cpuSeconds } from './support/cpu.ts';
import type { Figure } from './support/figure.ts';
import { acceptDueIn, startGift } from './support/gift-load.ts';
import { openLedgerDatabase } from './support/ledger-database.ts';
import { startMeasuredWorker, startTemporalRig, stopWorker } from './support/temporal-rig.ts';

const SETTLEMENT_MS = 24 * 3_600_000;
const WORKFLOWS = 400;
/** All are started before the first is due. */
const DUE_IN_MS = 10_000;

export const giftCpu: Bench = async ({ postgresUrl, folder, rounds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_cpu');
  const rig = await startTemporalRig(folder, progress);
  const { address, pid } = rig.server;
  const gifts = await startMeasuredWorker({ address, taskQueue: 'bench-gifts', databaseUrl: database.url });
  const trivials = await startMeasuredWorker({ address, taskQueue: 'bench-trivial' });
  const cpuOf = (worker: { pid?: number | undefined }) => cpuSeconds(pid) + cpuSeconds(worker.pid ?? 0);
  const giftMs: Figure = { name: 'CPU of a gift, server and worker', rounds: [], unit: 'ms' };
  const trivialMs: Figure = {
    name: 'CPU of a trivial workflow with one timer, server and worker',
    rounds: [],
    unit: 'ms',
  };
  const ratio: Figure = {
    name: 'CPU of a gift ÷ CPU of a trivial workflow with one timer',
    rounds: [],
    unit: '×',
    bound: { most: 0.75 },
  };
  try {
    for (let round = 0; round <= rounds; round++) {
      progress(`gift CPU, round ${round} of ${rounds}`);
      const gift = await measure(
        () => cpuOf(gifts),
        async (i) => {
          const accepted = await acceptDueIn(database.ledger, DUE_IN_MS, SETTLEMENT_MS);
          await startGift(rig.client, accepted, 'bench-gifts');
          return giftWorkflowId(accepted.id ?? String(i));
        },
      );
      const trivial = await measure(
        () => cpuOf(trivials),
        async (i) => {
          const workflowId = `trivial/${round}/${i}`;
          await rig.client.workflow.start('trivial', {
            workflowId,
            taskQueue: 'bench-trivial',
            args: [DUE_IN_MS],
          });
          return workflowId;
        },
      );
      // The first round warms both up.
      if (round === 0) continue;
      giftMs.rounds.push(gift * 1_000);
      trivialMs.rounds.push(trivial * 1_000);
      ratio.rounds.push(gift / trivial);
    }
  } finally {
    await stopWorker(gifts);
    await stopWorker(trivials);
    await rig.stop();
    await database.close();
  }
  return [giftMs, trivialMs, ratio];

  /** CPU seconds a workflow, from its start to its end. */
  async function measure(cpu: () => number, start: (i: number) => Promise<string>): Promise<number> {
    const before = cpu();
    const ids: string[] = [];
    for (let i = 0; i < WORKFLOWS; i++) ids.push(await start(i));
    for (const id of ids) await rig.client.workflow.getHandle(id).result();
    return (cpu() - before) / WORKFLOWS;
  }
};
