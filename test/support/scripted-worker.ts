/** A worker whose activities answer what a test says: for words that real parts give late, twice, or in another order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { FAILURE_CONVERTER } from '../../src/temporal/failure-conversion.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import './quiet-sdk.ts';
import { devNamespace } from './temporal-server.ts';

/** Of each, in a namespace of its own. */
const TASK_QUEUE = 'scripted';

export type ScriptedWorker = Awaited<ReturnType<typeof scriptedWorker>>;

// biome-ignore lint/suspicious/noExplicitAny: each activity has arguments of its own
export async function scriptedWorker(activities: Record<string, (...asked: any[]) => Promise<unknown>>) {
  const temporal = await devNamespace();
  await registerSearchAttributes(temporal.client);
  const create = async () =>
    await Worker.create({
      connection: temporal.nativeConnection,
      namespace: temporal.client.options.namespace,
      taskQueue: TASK_QUEUE,
      workflowBundle: await workflowBundle(cacheFolder()),
      dataConverter: { failureConverterPath: FAILURE_CONVERTER },
      // Another one may go on at once.
      stickyQueueScheduleToStartTimeout: '1 second',
      activities,
    });
  let stop = async () => {};
  return {
    client: temporal.client,
    /** Begins to do its work. */
    async run() {
      const worker = await create();
      const ended = worker.run();
      stop = async () => {
        stop = async () => {};
        worker.shutdown();
        await ended;
      };
    },
    stop: () => stop(),
    async start(type: string, workflowId: string, ...args: unknown[]) {
      return await temporal.client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUE, args });
    },
    async close() {
      await stop();
      await temporal.close();
    },
  };
}

/** Waits for a condition that another activity or the test brings about. */
export async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(20);
}
