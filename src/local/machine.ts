import { access, chmod, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { type Progress, withElapsed } from './progress.ts';
import { type Run, runCommand } from './run-command.ts';
import { downloadBySdk, type SdkDownload, type SdkServer } from './sdk-download.ts';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** What finding a server uses of the machine. A seam: tests pass another, on which little is installed. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly run: Run;
  readonly download: SdkDownload;
}

/** This machine as it is. */
export const thisMachine: Machine = { env: process.env, run: runCommand, download: downloadBySdk };

/**
 * Makes a folder and its parents, unless it is there.
 *
 * @param setting the setting that chooses it, for the message: `BOON_DATA_DIR`
 * @throws LocalSetupError when this user may not write there, or the path is a file
 */
export async function makeFolder(folder: string, setting: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new LocalSetupError(
      `The folder ${folder} cannot be written (${code}): set ${setting} to one that can`,
    );
  }
}

/**
 * Has the SDK download a server into the folder.
 *
 * @param what names the server, for the person who waits: `the Temporal server`
 * @returns the executable, or undefined when it could not be had, which is no error: there are other ways
 */
export async function downloadedBySdk(
  what: string,
  server: SdkServer,
  version: string,
  folder: string,
  progress: Progress,
  machine: Machine,
): Promise<string | undefined> {
  const notHad = new Error('not downloaded');
  try {
    return await withElapsed(progress, `Downloading ${what} (once)`, async () => {
      const path = await machine.download(server, `v${version}`, folder);
      if (path === undefined) throw notHad;
      await chmod(path, 0o755);
      return path;
    });
  } catch (error) {
    if (error === notHad) return undefined;
    throw error;
  }
}

/** Runs a step with an empty folder inside the cache, so that its result can be renamed into place at once. */
export async function inFetchFolder<T>(
  env: NodeJS.ProcessEnv,
  step: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(cacheFolder(env), 'fetching-'));
  try {
    return await step(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
