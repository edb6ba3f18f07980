import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GiftRuns, lostGiftActivities, type WalkRange } from '../../src/activities/gifts/gift-starts.ts';
import { reconcileActivities, type SweepRange } from '../../src/activities/reconcile.ts';
import { stuckDutyActivities } from '../../src/activities/stuck-duties.ts';
import { usageActivities } from '../../src/activities/usage/usage.ts';
import type { AcceptedGift } from '../../src/contracts/gifts/gift.ts';
import type { ReconcileReport } from '../../src/contracts/temporal.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import '../support/quiet-sdk.ts';
import { devNamespace, type TestTemporal } from '../support/temporal-server.ts';
import { openTestLedger } from '../support/test-ledger.ts';

/** So many stretches are done before the other duties have their turn. */
const STRETCHES = 20;
const TASK_QUEUE = 'reconcile-runs';

const nothing = async () => ({ count: 0, duties: {} });
/** The duties of a run, of which none has anything to do. */
const doneAtOnce = {
  startMissingGifts: async () => ({ checked: 0, started: 0, cursor: undefined, duties: {} }),
  startLostGifts: async () => ({ walked: 0, started: 0, cursor: undefined, duties: {} }),
  advanceOverdueGifts: nothing,
  sweepReferrals: async () => ({ started: 0, ended: 0, due: 0, paid: 0 }),
  sweepPurchases: async () => ({ started: 0, topped_up: 0, refunds_started: 0 }),
  wakeCampaigns: nothing,
  startMissingCycles: nothing,
};

let temporal: TestTemporal;
let worker: Worker;
let ended: Promise<void>;
const sweeps: SweepRange[] = [];
const walks: WalkRange[] = [];
const seals: string[] = [];
beforeAll(async () => {
  temporal = await devNamespace();
  worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.client.options.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(cacheFolder()),
    activities: {
      ...doneAtOnce,
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

test('sealing and tending months show after each step that they live', async () => {
  const steps = (many: number) => async (_at: string, told?: (step: number) => unknown) => {
    for (let step = 1; step <= many; step += 1) told?.(step);
    return many;
  };
  const ledger = {
    stuckItemsOf: async () => [],
    sealBlocks: steps(3),
    tendUsage: steps(2),
  } as unknown as Ledger;
  const beats: unknown[] = [];
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  environment.on('heartbeat', (detail) => beats.push(detail));
  const at = '2026-06-11T09:00:00.000Z';
  const gifts = reconcileActivities(ledger, {} as GiftRuns);
  expect(await environment.run(() => gifts.sealBlocks(at))).toMatchObject({ count: 3 });
  expect(beats).toEqual([1, 2, 3]);
  const usage = usageActivities(ledger);
  expect(await environment.run(() => usage.tendUsage(at))).toMatchObject({ usage_months_dropped: 2 });
  expect(beats).toEqual([1, 2, 3, 1, 2]);
});

test('a duty that came to no end is noted as stuck, those after it are done, and the run fails last', async () => {
  const own = await openTestLedger();
  const done: string[] = [];
  const taskQueue = 'reconcile-cut-off';
  const cutOff = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.client.options.namespace,
    taskQueue,
    workflowBundle: await workflowBundle(cacheFolder()),
    activities: {
      ...doneAtOnce,
      ...stuckDutyActivities(own.ledger),
      // As one that hangs: it has noted nothing itself.
      async advanceOverdueGifts() {
        throw ApplicationFailure.nonRetryable('cut off');
      },
      async sealBlocks() {
        done.push('sealed');
        return { count: 1, duties: {} };
      },
    },
  });
  try {
    await cutOff.runUntil(async () => {
      const options = { taskQueue, workflowId: 'reconcile-cut-off' };
      const failure = await temporal.client.workflow.execute('reconcile', options).catch((error) => error);
      expect(failure).toMatchObject({
        cause: { type: 'duties_failed', message: expect.stringContaining('could not be done: cut off') },
      });
    });
    expect(done).toEqual(['sealed']);
    expect((await own.ledger.listStuckItems({}, { limit: 10 })).data).toMatchObject([
      { what: 'gift_ends', item: '*', tries: 1, last_error: 'cut off' },
    ]);
  } finally {
    await own.close();
  }
});

test('a run goes on where the one before it came to, whether that was well or not', async () => {
  const taskQueue = 'reconcile-after';
  const cursors: (string | undefined)[] = [];
  const worker = async () =>
    await Worker.create({
      connection: temporal.nativeConnection,
      namespace: temporal.client.options.namespace,
      taskQueue,
      workflowBundle: await workflowBundle(cacheFolder()),
      activities: {
        ...doneAtOnce,
        async startLostGifts({ cursor }: WalkRange) {
          cursors.push(cursor);
          return { walked: 1, started: 0, cursor: `page ${cursors.length}`, duties: {} };
        },
        // The second run fails.
        sealBlocks: async () => ({
          count: 0,
          duties: { sealing: { done: 0, failed: cursors.length === 2 ? 1 : 0, oldest: null } },
        }),
      },
    });
  const schedule = await temporal.client.schedule.create({
    scheduleId: 'reconcile-after',
    spec: {},
    action: { type: 'startWorkflow', workflowType: 'reconcile', taskQueue, workflowId: 'reconcile-after' },
  });
  await (await worker()).runUntil(async () => {
    for (const status of ['COMPLETED', 'FAILED', 'COMPLETED', 'COMPLETED']) {
      const runs = async () => (await schedule.describe()).info.recentActions;
      const before = (await runs()).length;
      await schedule.trigger('SKIP');
      await expect.poll(async () => (await runs()).length, { timeout: 30_000 }).toBe(before + 1);
      const { workflowId, firstExecutionRunId } = (await runs()).at(-1)?.action.workflow ?? {};
      const handle = temporal.client.workflow.getHandle(`${workflowId}`, firstExecutionRunId);
      await expect.poll(async () => (await handle.describe()).status.name, { timeout: 30_000 }).toBe(status);
      // The schedule knows of its end, and begins another one when it is asked.
      const idle = async () => (await schedule.describe()).info.runningActions;
      await expect.poll(idle, { timeout: 30_000 }).toEqual([]);
    }
  });
  await schedule.delete();
  expect(cursors).toEqual([undefined, 'page 1', 'page 2', 'page 3']);

  // Who starts one by hand has nothing to hand on, whatever they send.
  const sweep = { checked: 5, started: 5, swept_to: 'never', cursor: 'page 9' };
  const args = [{ sweep, referrals_swept_to: 'never', duties: {} }];
  await (await worker()).runUntil(async () => {
    const sent = { taskQueue, workflowId: 'reconcile-by-hand', args };
    expect(await temporal.client.workflow.execute('reconcile', sent)).toMatchObject({
      checked: 0,
      started: 0,
    });
  });
  expect(cursors.at(-1)).toBeUndefined();
});
