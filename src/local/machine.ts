import { access, constants, mkdir } from 'node:fs/promises';
import { type Run, runCommand } from './run-command.ts';
import { downloadBySdk, type SdkDownload } from './sdk-download.ts';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** What finding a server uses of the machine. A seam: tests pass another, on which little is installed. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  /** System and processor, as Node names them: `linux-x64`. */
  readonly platform: string;
  readonly run: Run;
  readonly download: SdkDownload;
}

/** This machine as it is. */
export const thisMachine: Machine = {
  env: process.env,
  platform: `${process.platform}-${process.arch}`,
  run: runCommand,
  download: downloadBySdk,
};

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
