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

test('the local Temporal server keeps its workflows from start to start, has its port and its folder to itself, and takes limits', async () => {
  const dbFile = join(scratchFolder(), 'temporal.db');
  const port = await freePort();
  const options = {
    dbFile,
    port,
    namespaces: ['boon'],
    searchAttributes,
    dynamicConfig: { 'limit.maxIDLength': 60, 'system.enableActivityEagerExecution': true },
  };
  const first = await started(options);
  expect(first.address).toBe(`127.0.0.1:${port}`);
  expect(first.uiUrl, 'started headless').toBeUndefined();
  const client = await clientOf(first, 'boon');
  await client.workflow.start('anything', {
    ...workflow('gift/1'),
    typedSearchAttributes: [
      { key: ACCOUNT, value: ['alice', 'bob'] },
      { key: CREDITS, value: 12.5 },
    ],
  });
  await expect(client.workflow.start('anything', workflow('x'.repeat(61)))).rejects.toMatchObject({
    // Versions word it differently.
    cause: { details: expect.stringMatching(/^WorkflowId .*exceeds/) },
  });

  await expect(started({ dbFile })).rejects.toThrow(
    `The Temporal database ${dbFile} is in use by process ${process.pid}: stop that one or set BOON_DATA_DIR to another folder`,
  );
  await expect(started({ port })).rejects.toThrow(
    `Port ${port} (Temporal) is in use: stop what listens there or choose another one`,
  );
  await expect(started({ headless: false, uiPort: port })).rejects.toThrow(`Port ${port} (Temporal Web UI)`);

  await first.stop();
  const second = await started(options);
  const kept = await (await clientOf(second, 'boon')).workflow.getHandle('gift/1').describe();
  expect(kept.status.name).toBe('RUNNING');
  expect(kept.typedSearchAttributes.get(ACCOUNT)).toEqual(['alice', 'bob']);
});

test('it starts again after its process was killed, and serves its Web UI unless started headless', async () => {
  const dbFile = join(scratchFolder(), 'temporal.db');
  const first = await started({ dbFile, headless: false });
  expect((await fetch(first.uiUrl ?? '')).status).toBe(200);
  await (await clientOf(first)).workflow.start('anything', workflow('gift/1'));
  process.kill(first.pid, 'SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const second = await started({ dbFile });
  expect(second.uiUrl).toBeUndefined();
  const kept = await (await clientOf(second)).workflow.getHandle('gift/1').describe();
  expect(kept.status.name).toBe('RUNNING');
});

test('the reason is quoted when it does not start', async () => {
  const folder = scratchFolder();
  const old = executable(join(folder, 'temporal'), 'echo "Error: unknown flag: --ui-port" >&2; exit 1');
  const log = join(folder, 'temporal.log');
  await expect(started({ cli: old, log })).rejects.toThrow(
    `The local Temporal server did not start (Error: unknown flag: --ui-port): see ${log}`,
  );
});
