import { fileURLToPath } from 'node:url';
import { defineSearchAttributeKey } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startTimeSkippingServer } from '../../src/local/temporal.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';

// The first search on a machine may fetch the server with Maven.
vi.setConfig({ testTimeout: 300_000 });

const ACCOUNT = defineSearchAttributeKey('BoonAccount', 'KEYWORD_LIST');

test('a workflow that sleeps for a day is done in seconds', async () => {
  const server = await findTimeSkippingServer(console.log);
  const environment = await startTimeSkippingServer({
    server,
    searchAttributes: { BoonAccount: 'KEYWORD_LIST' },
  });
  onTestFinished(() => environment.teardown());
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: 'days',
    workflowsPath: fileURLToPath(new URL('./support/workflows.ts', import.meta.url)),
  });
  await worker.runUntil(async () => {
    const handle = await environment.client.workflow.start('sleepForADay', {
      workflowId: 'day/1',
      taskQueue: 'days',
      typedSearchAttributes: [{ key: ACCOUNT, value: ['alice'] }],
    });
    expect(await handle.result()).toBeGreaterThanOrEqual(24 * 60 * 60 * 1000);
  });
});

test('a server that does not start is said', async () => {
  await expect(startTimeSkippingServer({ server: '/no/such/server' })).rejects.toThrow(
    'The time-skipping test server /no/such/server did not start',
  );
});
