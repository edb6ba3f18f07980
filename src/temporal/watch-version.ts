/** Warns of workers that wait in vain: those with a version, while none of their versions is the current one. */
import type { Client } from '@temporalio/client';
import { makeCurrentCommand } from '../contracts/workers.ts';
import { countWorkers } from './count-workers.ts';

/** Soon at first: a rollout makes a version current once its workers are there. Then as often as the schedules should run. */
const FIRST_LOOK = 5_000;
const PAUSE = 60_000;

/**
 * Checks until it is closed; `waiting` is called with the commands of which one helps, each time that workers wait.
 * Best effort: an unreachable Temporal is reported elsewhere.
 */
export function watchVersion(
  client: Client,
  taskQueue: string,
  waiting: (commands: string[]) => void,
  { firstLook = FIRST_LOOK, pause = PAUSE } = {},
): { close: () => Promise<void> } {
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    const workers = await countWorkers(client, taskQueue).catch(() => undefined);
    if (workers !== undefined && workers.waiting.length > 0) waiting(workers.waiting.map(makeCurrentCommand));
  };
  const next = (after: number) => {
    const timer = setTimeout(() => {
      looking = look();
      next(pause);
    }, after);
    timer.unref();
    stop = () => clearTimeout(timer);
  };
  let stop: () => void = () => undefined;
  next(firstLook);
  return {
    async close() {
      stop();
      await looking;
    },
  };
}
