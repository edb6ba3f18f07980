/** `boon worker`: a worker alone, for production. */
import type { Command } from 'commander';
import { newCommand, withExamples } from '../command.ts';

export function fillWorker(worker: Command): void {
  withExamples(worker, ['worker']);
  worker.addCommand(run(), { isDefault: true });
}

function run(): Command {
  const summary = 'Run a worker alone; needs DATABASE_URL, BOON_ENCRYPTION_KEY and TEMPORAL_ADDRESS';
  return newCommand('run', summary, ['worker run']).action(async () => {
    const { runWorker } = await import('../../worker.ts');
    await untilASignal(runWorker);
  });
}

/** A service ends its process itself, once a signal has come and everything is finished. */
export async function untilASignal(run: () => Promise<void>): Promise<never> {
  await run();
  return await new Promise<never>(() => {});
}
