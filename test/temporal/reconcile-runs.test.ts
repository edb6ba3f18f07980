import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lostGiftActivities, type WalkRange } from '../../src/activities/gift-starts.ts';
import type { SweepRange } from '../../src/activities/reconcile.ts';
import type { AcceptedGift } from '../../src/contracts/gift.ts';
import type { ReconcileReport } from '../../src/contracts/temporal.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import '../support/quiet-sdk.ts';
import { devNamespace, type TestTemporal } from '../support/temporal-server.ts';

/** So many stretches are done before the other duties have their turn. */
const STRETCHES = 20;
const TASK_QUEUE = 'reconcile-runs';

let temporal: TestTemporal;
let worker: Worker;
let ended: Promise<void>;
const sweeps: SweepRange[] = [];
const walks: WalkRange[] = [];
const seals: string[] = [];
beforeAll(async () => {
  temporal = await devNamespace();
  const nothing = async () => ({ count: 0, duties: {} });
  worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.client.options.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(cacheFolder()),
    activities: {
      // Each stretch leaves something for the next one, until there were two runs' worth of them and one more.
      async startMissingGifts(range: SweepRange) {
        sweeps.push(range);
        const cursor = sweeps.length <= 2 * STRETCHES ? `page ${sweeps.length}` : undefined;
        return {
          checked: 10,
          started: 1,
          cursor,
          duties: { gift_starts: { done: 1, failed: 0, oldest: null } },
        };
      },
      async startLostGifts(range: WalkRange) {
        walks.push(range);
        return { walked: 5, started: 0, cursor: 'page 7', duties: {} };
      },
      async sealBlocks(at: string) {
        seals.push(at);
        return { count: 1, duties: {} };
      },
      advanceOverdueGifts: nothing,
      sweepReferrals: async () => ({ started: 0, ended: 0, due: 0, paid: 0 }),
      sweepPurchases: async () => ({ started: 0, topped_up: 0, refunds_started: 0 }),
      wakeCampaigns: nothing,
      startMissingCycles: nothing,
    },
  });
  ended = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await ended;
  await temporal.close();
});

test('a sweep that is not through goes on in a new run, after the other duties had their turn, and is reported as one', async () => {
  const handle = await temporal.client.workflow.start('reconcile', {
    taskQueue: TASK_QUEUE,
    workflowId: 'reconcile-in-several-runs',
  });
  const report: ReconcileReport = await handle.result();
  expect(sweeps.map(({ cursor }) => cursor)).toEqual([
    undefined,
    ...Array.from({ length: 2 * STRETCHES }, (_, page) => `page ${page + 1}`),
  ]);
  // What a run looks at does not move while it goes on: a gift accepted meanwhile is the next run's.
  expect(new Set(sweeps.map(({ before }) => before)).size).toBe(1);
  expect(report).toMatchObject({
    checked: 10 * sweeps.length,
    started: sweeps.length,
    swept_to: sweeps[0]?.before,
    duties: { gift_starts: { done: sweeps.length } },
  });
  // Three runs: each sealed, and only the last one walked.
  expect(seals).toHaveLength(3);
  expect(walks).toHaveLength(1);
  expect(report).toMatchObject({ lost_gifts: { walked: 5, started: 0 }, walked_to: 'page 7' });
  const query = 'WorkflowId = "reconcile-in-several-runs" AND ExecutionStatus = "ContinuedAsNew"';
  const continued = async () => (await temporal.client.workflow.count(query)).count;
  await expect.poll(continued, { timeout: 20_000 }).toBe(2);
});

test('a part of a walk asks Temporal at most 26 times, however many gifts are open, and says where the next one goes on', async () => {
  const asked: number[] = [];
  const pages: (string | undefined)[] = [];
  const gifts = (page: number) =>
    Array.from({ length: 900 }, (_, gift) => ({ id: `gift-${page}-${gift}` }) as AcceptedGift);
  const ledger = {
    stuckItemsOf: async () => [],
    openGiftsOf: async () => [],
    openGifts: async (_before: string, { cursor }: { cursor?: string }) => {
      pages.push(cursor);
      const page = Number(cursor ?? 0);
      return { data: gifts(page), next_cursor: `${page + 1}` };
    },
  } as unknown as Ledger;
  const runs = {
    running: async (ids: readonly string[]) => {
      asked.push(ids.length);
      return new Set(ids);
    },
    lost: async () => {
      asked.push(1);
      return new Set<string>();
    },
    refresh: async () => undefined,
    restart: async () => {
      throw new Error('all of them run');
    },
  };
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const at = '2026-06-11T09:00:00.000Z';
  const range = { cursor: '100', before: at, since: at, at };
  const walk = await environment.run(() => lostGiftActivities(ledger, runs).startLostGifts(range));
  expect(walk).toMatchObject({ walked: 25 * 900, started: 0, cursor: '125' });
  expect(asked).toHaveLength(26);
  expect(pages[0]).toBe('100');
});
