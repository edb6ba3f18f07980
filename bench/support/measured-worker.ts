/** A worker process whose CPU time is measured: Boon's with a database, else one with the trivial workflow. */
import { randomBytes } from 'node:crypto';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { allocateYoung } from '../../src/observability/allocate-young.ts';
import { createBoonWorker } from '../../src/temporal/boon-worker.ts';
import { temporalClient } from '../../src/temporal/connection.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import type { MeasuredWork } from './temporal-rig.ts';

const { address, taskQueue, databaseUrl, policyVersion, giftProcesses } = JSON.parse(
  process.argv[2] ?? '{}',
) as MeasuredWork;
// As every service of Boon's.
allocateYoung();
Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address });
const worker = await (databaseUrl === undefined ? trivialWorker() : boonWorker(databaseUrl));
process.on('SIGTERM', () => worker.shutdown());
const ended = worker.run();
process.send?.('ready');
await ended;
process.exit(0);

async function boonWorker(url: string): Promise<Worker> {
  return await createBoonWorker({
    connection,
    client: temporalClient({ namespace: 'default', connectionOptions: { address } }),
    taskQueue,
    ledger: createPostgresLedger({
      url,
      encryptionKey: randomBytes(32),
      ...(policyVersion === undefined ? {} : { policyVersion }),
    }),
    mail: { transport: undefined, from: 'boon@localhost', publicUrl: 'http://localhost' },
    bundle: await workflowBundle(cacheFolder()),
    clock: () => new Date(),
    buildId: 'bench',
    giftProcesses,
  });
}

async function trivialWorker(): Promise<Worker> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: new URL('./trivial-workflow.ts', import.meta.url).pathname,
    logger: new DefaultLogger('WARN'),
  });
  return await Worker.create({ connection, taskQueue, workflowBundle, maxCachedWorkflows: 250 });
}
