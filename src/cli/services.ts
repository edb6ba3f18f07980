/** `boon server` and `boon worker`: one service each, for production. The other commands need not load them. */
import type { Command } from 'commander';
import { newCommand } from './command.ts';

/** `boon server`. */
export function serverCommand(): Command {
  const summary = 'Run the HTTP server alone; needs DATABASE_URL and BOON_ENCRYPTION_KEY';
  return newCommand('server', summary, ['server']).action(async () => {
    const { runServer } = await import('../server.ts');
    await untilASignal(runServer);
  });
}

/** `boon worker`. */
export function workerCommand(): Command {
  const summary = 'Run a worker alone; needs DATABASE_URL, BOON_ENCRYPTION_KEY and TEMPORAL_ADDRESS';
  return newCommand('worker', summary, ['worker']).action(async () => {
    const { runWorker } = await import('../worker.ts');
    await untilASignal(runWorker);
  });
}

/** A service ends its process itself, once a signal has come and everything is finished. */
async function untilASignal(run: () => Promise<void>): Promise<never> {
  await run();
  return await new Promise<never>(() => {});
}
