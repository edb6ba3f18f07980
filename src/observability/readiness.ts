/** Whether a process can do its work: its database and Temporal answer, workers work, and nothing is stuck. */

import type { StuckCount } from '../contracts/stuck-item.ts';
import { makeCurrentCommand, type Workers } from '../contracts/workers.ts';
import { within } from './within.ts';

type Check = 'ok' | 'unreachable';
export type Checks = { database: Check; temporal: Check; workers: 'ok' | 'none' | 'not_current' | 'unknown' };
export type State = { checks: Checks; stuck_items: number; fix?: string };

type DatabaseParts = { ping(): Promise<void>; countStuckItems(): Promise<StuckCount[]> };
type TemporalParts = {
  ping(): Promise<void>;
  /** Undefined where the server does not say. */
  workers(): Promise<Workers | undefined>;
};

/** How long a check waits for an answer. */
const PATIENCE_MILLISECONDS = 2000;

/** Asks both at once. */
export async function checkParts(database: DatabaseParts, temporal: TemporalParts): Promise<State> {
  const [first, second, workers, stuck] = await Promise.all([
    answered(database.ping()),
    answered(temporal.ping()),
    answered(temporal.workers()),
    answered(database.countStuckItems()),
  ]);
  const [waiting] = workers?.value?.waiting ?? [];
  return {
    checks: {
      database: first === undefined ? 'unreachable' : 'ok',
      temporal: second === undefined ? 'unreachable' : 'ok',
      workers: checkWorkers(workers?.value),
    },
    stuck_items: (stuck?.value ?? []).reduce((sum, one) => sum + one.count, 0),
    ...(waiting === undefined ? {} : { fix: `Run: ${makeCurrentCommand(waiting)}` }),
  };
}

/** Workers of a version that nobody made current get no work: the schedules do not run either. */
function checkWorkers(workers: Workers | undefined): Checks['workers'] {
  if (workers === undefined) return 'unknown';
  if (workers.count === 0) return 'none';
  return workers.waiting.length > 0 ? 'not_current' : 'ok';
}

/** Whether less is done than should be, though requests are answered. */
export function isDegraded({ checks, stuck_items }: State): boolean {
  const idle = checks.workers === 'none' || checks.workers === 'not_current';
  return checks.temporal === 'unreachable' || idle || stuck_items > 0;
}

async function answered<T>(asked: Promise<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await within(asked, PATIENCE_MILLISECONDS, () => new Error('no answer')) };
  } catch {
    return undefined;
  }
}
