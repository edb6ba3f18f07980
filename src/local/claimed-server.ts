import { takeClaim } from './claim.ts';
import type { ServerProcess } from './server-process.ts';
import { LocalSetupError } from './setup-error.ts';

/** What every local server can do once it runs. */
export interface LocalServer {
  readonly pid: number;
  /** Settles when the server has ended, asked or not, with words for how: `exit code 0`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Stops it in order. May be called more than once. */
  stop(): Promise<void>;
}

/** What a server needs of the folder that it runs on. */
export interface ClaimedFolder {
  /** The claim's file, in the folder. */
  readonly claimFile: string;
  /** What the folder holds, for the message: `The database in .boon/postgres`. */
  readonly what: string;
  /** Done once the server has ended and the folder was given back. */
  readonly afterwards?: () => Promise<void>;
}

/**
 * Starts a server on a folder that only one process may use at a time.
 *
 * A server that an earlier, killed process left behind on it is stopped first. The folder is free again when the server
 * has ended, also by itself.
 *
 * @param start starts the server; it passes each process that it starts to `record` before it waits for anything
 * @returns what `start` returned, and the running server
 * @throws LocalSetupError when a living process uses the folder
 */
export async function startOnFolder<T extends { readonly server: ServerProcess }>(
  { claimFile, what, afterwards }: ClaimedFolder,
  start: (record: (server: ServerProcess) => Promise<void>) => Promise<T>,
): Promise<T & LocalServer> {
  const claim = await takeClaim(claimFile);
  if ('heldBy' in claim) {
    throw new LocalSetupError(
      `${what} is in use by process ${claim.heldBy.pid}: stop that one or set BOON_DATA_DIR to another folder`,
    );
  }
  const giveBack = async () => {
    await claim.release();
    await afterwards?.();
  };
  try {
    const started = await start((server) => claim.record(server.mark));
    const ended = started.server.ended.then(async (how) => {
      await giveBack();
      return how;
    });
    const stop = async () => {
      await started.server.stop();
      await ended;
    };
    return { ...started, pid: started.server.pid, ended, stop };
  } catch (error) {
    await giveBack();
    throw error;
  }
}
