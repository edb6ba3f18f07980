/** A Temporal dev server with its database on disk, and a worker in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/temporal.ts';
import type { GiftProcesses } from '../../src/domain/gift-processes.ts';
import { type LocalTemporal, startTemporalDevServer } from '../../src/local/temporal.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { temporalClient } from '../../src/temporal/connection.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';

export type TemporalRig = { server: LocalTemporal; client: Client; stop: () => Promise<void> };

export async function startTemporalRig(
  folder: string,
  progress: (line: string) => void,
): Promise<TemporalRig> {
  const cli = await findTemporalCli(progress);
  const dbFile = join(folder, `temporal-${process.hrtime.bigint()}.db`);
  const server = await startTemporalDevServer({
    cli,
    dbFile,
    headless: true,
    searchAttributes: SEARCH_ATTRIBUTES,
  });
  const client = temporalClient({ namespace: 'default', connectionOptions: { address: server.address } });
  await registerSearchAttributes(client);
  return {
    server,
    client,
    async stop() {
      await client.connection.close();
      await server.stop();
    },
  };
}

/** What the measured worker process works on. */
export type MeasuredWork = {
  address: string;
  taskQueue: string;
  databaseUrl?: string;
  /** The policy in use, for work that asks for it. */
  policyVersion?: string;
  giftProcesses?: GiftProcesses;
};

/** Starts `measured-worker.ts` and waits until it polls. */
export async function startMeasuredWorker(work: MeasuredWork): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'measured-worker.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, JSON.stringify(work)],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (first !== 'ready') throw new Error('the measured worker did not start');
  return child;
}

/** Ends a worker process in order. */
export async function stopWorker(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
