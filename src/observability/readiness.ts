/** Whether a process can do its work: its database and Temporal answer, workers work, and nothing is stuck. */

import type { StuckCount } from '../contracts/stuck-item.ts';
import { within } from './within.ts';

type Check = 'ok' | 'unreachable';
export type Checks = { database: Check; temporal: Check; workers: 'ok' | 'none' | 'unknown' };
export type State = { checks: Checks; stuck_items: number };

type DatabaseParts = { ping(): Promise<void>; countStuckItems(): Promise<StuckCount[]> };
type TemporalParts = {
  ping(): Promise<void>;
  /** How many workers look for work; undefined where the server does not tell. */
  workers(): Promise<number | undefined>;
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
  const count = workers?.value;
  return {
    checks: {
      database: first === undefined ? 'unreachable' : 'ok',
      temporal: second === undefined ? 'unreachable' : 'ok',
      workers: count === undefined ? 'unknown' : count > 0 ? 'ok' : 'none',
    },
    stuck_items: (stuck?.value ?? []).reduce((sum, one) => sum + one.count, 0),
  };
}

/** Whether less is done than should be, though requests are answered. */
export function isDegraded({ checks, stuck_items }: State): boolean {
  return checks.temporal === 'unreachable' || checks.workers === 'none' || stuck_items > 0;
}

async function answered<T>(asked: Promise<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await within(asked, PATIENCE_MILLISECONDS, () => new Error('no answer')) };
  } catch {
    return undefined;
  }
}
