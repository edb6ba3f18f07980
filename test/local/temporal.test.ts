import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import {
  type LocalTemporal,
  startTemporalDevServer,
  type TemporalDevServerOptions,
} from '../../src/local/temporal.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { executable, scratchFolder } from './support/scratch.ts';

// The first search on a machine may build the Temporal CLI.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 });

const ACCOUNT = defineSearchAttributeKey('BoonAccount', 'KEYWORD_LIST');
const CREDITS = defineSearchAttributeKey('BoonCredits', 'DOUBLE');
const searchAttributes = { BoonAccount: 'KEYWORD_LIST', BoonCredits: 'DOUBLE' } as const;

let cli: string;
beforeAll(async () => {
  cli = await findTemporalCli(console.log);
});

async function started(options: Partial<TemporalDevServerOptions> = {}): Promise<LocalTemporal> {
  const server = await startTemporalDevServer({ cli, headless: true, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function clientOf(server: LocalTemporal, namespace = 'default'): Promise<Client> {
  const connection = await Connection.connect({ address: server.address });
  onTestFinished(() => connection.close());
  return new Client({ connection, namespace });
}

const workflow = (workflowId: string) => ({ workflowId, taskQueue: 'nobody-works-here' });

test('the local Temporal server keeps its workflows from start to start', async () => {
  const dbFile = join(scratchFolder(), 'temporal.db');
  const options = { dbFile, namespaces: ['boon'], searchAttributes };
  const first = await started(options);
  await (await clientOf(first, 'boon')).workflow.start('anything', {
    ...workflow('gift/1'),
    typedSearchAttributes: [
      { key: ACCOUNT, value: ['alice', 'bob'] },
      { key: CREDITS, value: 12.5 },
    ],
  });
  await first.stop();
  const second = await started(options);
  const kept = await (await clientOf(second, 'boon')).workflow.getHandle('gift/1').describe();
  expect(kept.status.name).toBe('RUNNING');
  expect(kept.typedSearchAttributes.get(ACCOUNT)).toEqual(['alice', 'bob']);
});

test('it starts again after its process was killed', async () => {
  const dbFile = join(scratchFolder(), 'temporal.db');
  const first = await started({ dbFile });
  await (await clientOf(first)).workflow.start('anything', workflow('gift/1'));
  process.kill(first.pid, 'SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const second = await started({ dbFile });
  const kept = await (await clientOf(second)).workflow.getHandle('gift/1').describe();
  expect(kept.status.name).toBe('RUNNING');
});

test('it is not started twice on one database', async () => {
  const dbFile = join(scratchFolder(), 'temporal.db');
  await started({ dbFile });
  await expect(started({ dbFile })).rejects.toThrow(
    `The Temporal database ${dbFile} is in use by process ${process.pid}: stop that one or set BOON_DATA_DIR to another folder`,
  );
});

test('it serves its Web UI, unless started headless', async () => {
  const server = await started({ headless: false });
  const page = await fetch(server.uiUrl ?? '');
  expect(page.status).toBe(200);
  expect((await started()).uiUrl).toBeUndefined();
});

test('a port in use is said before anything is started', async () => {
  const port = await freePort();
  await started({ port });
  await expect(started({ port })).rejects.toThrow(
    `Port ${port} (Temporal) is in use: stop what listens there or choose another one`,
  );
  await expect(started({ headless: false, uiPort: port })).rejects.toThrow(`Port ${port} (Temporal Web UI)`);
});

test('the reason is quoted when it does not start', async () => {
  const folder = scratchFolder();
  const old = executable(join(folder, 'temporal'), 'echo "Error: unknown flag: --ui-port" >&2; exit 1');
  const log = join(folder, 'temporal.log');
  await expect(started({ cli: old, log })).rejects.toThrow(
    `The local Temporal server did not start (Error: unknown flag: --ui-port): see ${log}`,
  );
});

test('server limits can be set', async () => {
  const server = await started({
    dynamicConfig: { 'limit.maxIDLength': 60, 'system.enableActivityEagerExecution': true },
  });
  const client = await clientOf(server);
  await client.workflow.start('anything', workflow('short'));
  const tooLong = client.workflow.start('anything', workflow('x'.repeat(61)));
  await expect(tooLong).rejects.toMatchObject({
    // Versions word it differently.
    cause: { details: expect.stringMatching(/^WorkflowId .*exceeds/) },
  });
});
