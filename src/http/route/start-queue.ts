/**
 * What processes are asked after the answers: to start, and to look at what the ledger has changed. The ledger has all
 * of it, so nobody waits, and `reconcile` finds what is lost here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BoonError } from '../../contracts/errors.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { within } from '../../observability/within.ts';

/** What is asked of a process. If one of the same kind waits for that process already, it is replaced. */
export type Call = 'start' | `tell${string}`;

export interface StartQueue {
  /** Takes it to be done soon, after what was asked of the same process before; without room it is left to `reconcile`. */
  add(processId: string, call: Call, work: () => Promise<void>): void;
  /** Processes that something waits for, how long the oldest has, in seconds, and whether there was no more room. */
  backlog(): { waiting: number; oldest: number; full: boolean };
  /** Resolves once nothing waits or runs. */
  idle(): Promise<void>;
  /**
   * Takes nothing more, and works through what waits, for at most this many milliseconds and not while Temporal is
   * down.
   */
  close(patience?: number): Promise<void>;
}

export type StartQueueOptions = {
  metrics: Metrics;
  logger: Logger;
  /** How many processes something may wait for. */
  size: number;
  /** How many are asked at once. */
  concurrency: number;
  /** Whether answers need all that this process can do: then one process is asked at a time. Left out: never. */
  isBusy?: () => boolean;
  /** How long one call may take, in milliseconds, should it not end by itself; 10,000 when left out. */
  patience?: number;
  /** How long nothing is asked after a failure, in milliseconds, at first; 1,000 when left out. */
  pause?: number;
};

const CALL_PATIENCE = 10_000;
const CLOSE_PATIENCE = 5_000;
/** After a failure nothing is asked for a second, then one process alone; each further failure doubles it, up to ten. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;
/** How often one process is asked that fails each time; others have their turn in between. */
const MOST_TRIES = 5;

type Asked = { id: string; calls: Map<Call, () => Promise<void>>; since: number; tries: number };

export function createStartQueue(options: StartQueueOptions): StartQueue {
  const {
    metrics,
    logger,
    size,
    concurrency,
    isBusy = () => false,
    patience = CALL_PATIENCE,
    pause: firstPause = PAUSE,
  } = options;
  /** All that wait, those too whose process is being asked; in the order in which they came. */
  const waiting = new Map<string, Asked>();
  const running = new Map<string, number>();
  let whenIdle: (() => void)[] = [];
  let pause = 0;
  let pausedUntil = 0;
  let full = false;
  let closing = false;
  let isSoon = false;

  const queue: StartQueue = {
    add(id, call, work) {
      const asked = waiting.get(id);
      if (asked !== undefined) asked.calls.set(call, work);
      else if (closing || waiting.size >= size) leave(id, 1);
      else waiting.set(id, { id, calls: new Map([[call, work]]), since: performance.now(), tries: 0 });
      if (waiting.size >= size) fill();
      askSoon();
    },

    backlog() {
      const now = performance.now();
      let since = now;
      for (const asked of running.values()) since = Math.min(since, asked);
      // What has been tried goes behind younger ones.
      for (const asked of waiting.values()) since = Math.min(since, asked.since);
      return { waiting: waiting.size, oldest: (now - since) / 1_000, full };
    },

    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve);
        noteIdle();
      }),

    async close(mostWait = CLOSE_PATIENCE) {
      closing = true;
      pausedUntil = 0;
      askNext();
      const late = new AbortController();
      await Promise.race([
        queue.idle(),
        sleep(mostWait, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      late.abort();
      leaveAll();
    },
  };
  return queue;

  /** After the answers of this moment have gone out. */
  function askSoon(): void {
    if (isSoon) return;
    isSoon = true;
    setImmediate(() => {
      isSoon = false;
      askNext();
    });
  }

  function askNext(): void {
    if (waiting.size * 2 <= size) full = false;
    if (performance.now() < pausedUntil) return;
    // After a failure one process alone finds out whether Temporal is back.
    const atOnce = pause > 0 || isBusy() ? 1 : concurrency;
    for (const asked of waiting.values()) {
      if (running.size >= atOnce) return;
      if (running.has(asked.id)) continue;
      waiting.delete(asked.id);
      running.set(asked.id, asked.since);
      void ask(asked);
    }
  }

  async function ask(asked: Asked): Promise<void> {
    try {
      for (const [call, work] of asked.calls) {
        await within(
          work(),
          patience,
          () => new BoonError('unavailable', 'Temporal did not answer in time.'),
        );
        asked.calls.delete(call);
        metrics.starts.inc({ outcome: call === 'start' ? 'started' : 'told' });
      }
      pause = 0;
    } catch (error) {
      failed(asked, error);
    }
    running.delete(asked.id);
    askNext();
    noteIdle();
  }

  function failed(asked: Asked, error: unknown): void {
    metrics.starts.inc({ outcome: 'failed' });
    asked.tries += 1;
    const isAway = pause > 0;
    if (performance.now() >= pausedUntil) {
      pause = Math.min(Math.max(pause * 2, firstPause), LONGEST_PAUSE);
      pausedUntil = performance.now() + pause;
      setTimeout(askNext, pause + 1).unref();
      logger.warn({ process: asked.id, err: error, waiting: waiting.size }, 'a process was not reached');
    }
    if (asked.tries < MOST_TRIES && !closing) {
      comeAgain(asked);
      return;
    }
    leave(asked.id, asked.tries);
    if (closing && isAway) leaveAll();
  }

  /** Behind those that wait, with what was asked of it meanwhile after what failed. */
  function comeAgain(asked: Asked): void {
    const later = waiting.get(asked.id);
    waiting.delete(asked.id);
    waiting.set(asked.id, { ...asked, calls: new Map([...asked.calls, ...(later?.calls ?? [])]) });
  }

  function leave(process: string, tries: number): void {
    metrics.starts.inc({ outcome: 'dropped' });
    metrics.startsFailed.inc();
    if (!full) logger.warn({ process, tries }, 'accepted without reaching the process; reconcile will');
  }

  function leaveAll(): void {
    const left = waiting.size;
    if (left === 0) return;
    waiting.clear();
    metrics.starts.inc({ outcome: 'dropped' }, left);
    metrics.startsFailed.inc(left);
    logger.warn({ left }, 'stopped before these processes were reached; reconcile will');
  }

  function fill(): void {
    if (!full)
      logger.warn(
        { waiting: waiting.size },
        'no more processes can wait to be started; reconcile starts the rest',
      );
    full = true;
  }

  function noteIdle(): void {
    if (waiting.size > 0 || running.size > 0) return;
    const resolved = whenIdle;
    whenIdle = [];
    for (const resolve of resolved) resolve();
  }
}
