import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepSecret } from './kept-secret.ts';
import { isRunning, markOf, type ProcessMark } from './process-mark.ts';

/** Where the parts of a local start are, for the commands that are run beside it. */
export interface StackAddresses {
  /** Base URL of the HTTP API. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly uiUrl: string | undefined;
}

/** Notes in the data folder where everything is; the note is forgotten with the process that wrote it. */
export async function recordStack(dataDir: string, addresses: StackAddresses): Promise<() => Promise<void>> {
  const file = fileIn(dataDir);
  // The database's password is in its URL.
  await keepSecret(file, JSON.stringify({ process: markOf(process.pid), addresses }));
  return () => rm(file, { force: true });
}

/** Where the parts of the start that runs on this data folder are, or undefined when none runs. */
export async function runningStack(dataDir: string): Promise<StackAddresses | undefined> {
  try {
    const noted: { process: ProcessMark; addresses: StackAddresses } = JSON.parse(
      await readFile(fileIn(dataDir), 'utf8'),
    );
    return isRunning(noted.process) ? noted.addresses : undefined;
  } catch {
    return undefined;
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'running.json');
}
