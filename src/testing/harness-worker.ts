/** The harness's worker, and when it has nothing left to do. */
import type { Worker } from '@temporalio/worker';
import { type BoonWorkerOptions, createBoonWorker } from '../temporal/boon-worker.ts';
import { processTime } from './process-time.ts';
import { elapsed, pause, type TestClock } from './test-clock.ts';

/** How long the worker must have had nothing to do: a task needs a moment on its way from the server. */
const QUIET_MS = 40;

export type HarnessWorker = {
  /** Waits until the worker has had nothing to do for a moment. */
  untilQuiet(): Promise<void>;
  /** Gifts whose process was woken too early by the server's clock, and sleeps. */
  wokenEarly: ReadonlySet<string>;
  stop(): Promise<void>;
};

export async function startHarnessWorker(
  options: Omit<BoonWorkerOptions, 'clock' | 'interceptors'>,
  clock: TestClock,
): Promise<HarnessWorker> {
  const { interceptor, wokenEarly } = processTime(clock);
  const worker = await createBoonWorker({
    ...options,
    clock: () => clock.server(),
    interceptors: { activity: [interceptor] },
  });
  const ended = worker.run();
  // Whoever stops it gets the failure; until then it must not end the process.
  ended.catch(() => undefined);
  return {
    wokenEarly,
    async untilQuiet() {
      let quietSince = elapsed();
      while (elapsed() - quietSince < QUIET_MS) {
        await pause(5);
        if (isBusy(worker)) quietSince = elapsed();
      }
    },
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

function isBusy(worker: Worker): boolean {
  const { numInFlightWorkflowActivations, numInFlightActivities } = worker.getStatus();
  return numInFlightWorkflowActivations > 0 || numInFlightActivities > 0;
}
