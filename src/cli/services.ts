/** `boon server` and `boon worker`: one service each, for production. */
import type { Command } from 'commander';
import { runServer } from '../server.ts';
import { runWorker } from '../worker.ts';
import { newCommand } from './command.ts';

export function serverCommand(): Command {
  const summary = 'Run the HTTP server alone; needs DATABASE_URL and BOON_ENCRYPTION_KEY';
  return newCommand('server', summary, ['server']).action(() => untilASignal(runServer));
}

export function workerCommand(): Command {
  const summary = 'Run a worker alone; needs DATABASE_URL, BOON_ENCRYPTION_KEY and TEMPORAL_ADDRESS';
  return newCommand('worker', summary, ['worker']).action(() => untilASignal(runWorker));
}

/** A service ends its process itself, once a signal has come and everything is finished. */
async function untilASignal(run: () => Promise<void>): Promise<never> {
  await run();
  return await new Promise<never>(() => {});
}
