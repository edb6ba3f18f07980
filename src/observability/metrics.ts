/** Metrics in the form that Prometheus reads. Each process has its own registry. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { StuckCount } from '../contracts/stuck-item.ts';
import type { Workers } from '../contracts/workers.ts';

export type Metrics = {
  registry: Registry;
  /** Seconds from the arrival of a request to the end of its answer. */
  httpSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Gifts asked for, by outcome: `accepted`, `replayed`, or the code of the refusal. */
  gifts: Counter<'outcome'>;
  /**
   * What processes were asked after the answers, by outcome: `started`, `told` (signaled), `failed` (a try), `dropped`
   * (left to `reconcile`).
   */
  starts: Counter<'outcome'>;
  /** Of these, what was left to `reconcile`. */
  startsFailed: Counter;
  /** How many gifts went to the database in one call. */
  giftBatch: Histogram;
};

/** @param processMetrics memory, event loop and the like of this process too; one registry a process should have them. */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'boon_http_request_seconds',
      help: 'Seconds from the arrival of a request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    gifts: new Counter({
      name: 'boon_gifts_total',
      help: 'Requests for a gift, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    starts: new Counter({
      name: 'boon_starts_total',
      help: 'Starts and notifications of processes after the answer to a request, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    startsFailed: new Counter({
      name: 'boon_gift_starts_failed_total',
      help: 'Accepted requests whose process this server could not start; boon-reconcile starts it',
      registers,
    }),
    giftBatch: new Histogram({
      name: 'boon_gift_batch_size',
      help: 'Gifts accepted in one call to the database',
      buckets: [1, 2, 4, 8, 16, 32],
      registers,
    }),
  };
}

/** Gauges that are read on demand: what is stuck, how far sealing is behind, and how many workers poll for work. */
export function watchParts(
  registry: Registry,
  ledger: {
    countStuckItems(): Promise<StuckCount[]>;
    unsealed(): Promise<{ oldest_at: string | null }>;
    oldestDueGift(at: string, senders: { part: number; of: number }): Promise<string | undefined>;
  },
  temporal: { workers(): Promise<Workers | undefined> },
): void {
  const registers = [registry];
  new Gauge({
    name: 'boon_stuck_items',
    help: 'Items that a schedule could not handle and retries later, by duty',
    labelNames: ['what'],
    registers,
    async collect() {
      const counts = await ledger.countStuckItems().catch(() => undefined);
      if (counts === undefined) return;
      this.reset();
      for (const { what, count } of counts) this.set({ what }, count);
    },
  });
  new Gauge({
    name: 'boon_sealing_lag_seconds',
    help: 'Age of the oldest transfer that is in no sealed block; 0 if all are sealed; -1 if the database does not answer',
    registers,
    async collect() {
      const unsealed = await ledger.unsealed().catch(() => undefined);
      const oldest = unsealed?.oldest_at ?? undefined;
      const age = oldest === undefined ? 0 : Math.max(0, Date.now() - Date.parse(oldest)) / 1000;
      this.set(unsealed === undefined ? -1 : age);
    },
  });
  new Gauge({
    name: 'boon_gifts_late_seconds',
    help: 'How long the oldest due gift has been waiting to settle; 0 if none is due; -1 if the database does not answer',
    registers,
    async collect() {
      const now = new Date();
      try {
        const due = await ledger.oldestDueGift(now.toISOString(), { part: 0, of: 1 });
        this.set(due === undefined ? 0 : Math.max(0, now.getTime() - Date.parse(due)) / 1000);
      } catch {
        this.set(-1);
      }
    },
  });
  new Gauge({
    name: 'boon_workers',
    help: 'Workers that poll the task queue, as Temporal reports it; -1 if it does not',
    registers,
    async collect() {
      const workers = await temporal.workers().catch(() => undefined);
      this.set(workers?.count ?? -1);
    },
  });
}

/** Gauges of what waits behind the answers. */
export function watchStarts(registry: Registry, backlog: () => { waiting: number; oldest: number }): void {
  const registers = [registry];
  new Gauge({
    name: 'boon_starts_waiting',
    help: 'Processes that wait in this server to be started or notified',
    registers,
    collect() {
      this.set(backlog().waiting);
    },
  });
  new Gauge({
    name: 'boon_starts_oldest_seconds',
    help: 'How long the oldest of these has been waiting',
    registers,
    collect() {
      this.set(backlog().oldest);
    },
  });
}
