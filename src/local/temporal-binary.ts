import { rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { inTurn } from './claim.ts';
import { executableNamedBy, executableOnPath, isExecutable } from './executable.ts';
import { downloadedBySdk, inFetchFolder, type Machine, makeFolder, thisMachine } from './machine.ts';
import { type Progress, silent, withElapsed } from './progress.ts';
import { lastLine } from './run-command.ts';
import { LocalSetupError } from './setup-error.ts';

/** The last version that the Go module proxy builds alone, without files that only its releases carry. */
const VERSION = '1.5.1';

const GO_INSTALL = `go install github.com/temporalio/cli/cmd/temporal@v${VERSION}`;

/**
 * Finds the Temporal CLI, whose `server start-dev` is the local Temporal server.
 *
 * In this order: `BOON_TEMPORAL_CLI`; `temporal` on the PATH or where Go installs commands; Boon's cache; the SDK's own
 * download; a build with Go, about 3 minutes. The last two put it into the cache, once a machine: of several processes
 * that need it, one fetches and the others wait.
 *
 * @returns the path of the executable
 * @throws LocalSetupError when it cannot be had; the message holds the command that gets it
 */
export async function findTemporalCli(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<string> {
  const { env } = machine;
  const installed = installedTemporalCli(env);
  if (installed !== undefined) return installed;
  const cached = cachedCli(env);
  await makeFolder(dirname(cached), 'BOON_CACHE_DIR');
  return inTurn(`${cached}.claim`, progress, 'it is fetching the Temporal server', async () => {
    if (!isExecutable(cached)) {
      await inFetchFolder(env, async (folder) => {
        const fetched =
          (await downloadedBySdk('the Temporal server', 'dev-server', VERSION, folder, progress, machine)) ??
          (await build(folder, progress, machine));
        await rename(fetched, cached);
      });
    }
    return cached;
  });
}

/**
 * The Temporal CLI that is on this machine already, or undefined.
 *
 * @throws LocalSetupError when `BOON_TEMPORAL_CLI` names something else
 */
export function installedTemporalCli(env: NodeJS.ProcessEnv): string | undefined {
  const installed =
    executableNamedBy(env, 'BOON_TEMPORAL_CLI') ?? executableOnPath(env, 'temporal', goFolders(env));
  return installed ?? [cachedCli(env)].find(isExecutable);
}

function cachedCli(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), 'bin', `temporal-${VERSION}`);
}

/** Where `go install` puts commands, which is often not on the PATH. */
function goFolders(env: NodeJS.ProcessEnv): string[] {
  return [env.GOBIN ?? '', join(env.GOPATH || join(env.HOME || homedir(), 'go'), 'bin')];
}

async function build(folder: string, progress: Progress, { env, run }: Machine): Promise<string> {
  if (executableOnPath(env, 'go') === undefined) {
    throw new LocalSetupError(
      `No Temporal server is installed and none could be downloaded: install Go and run \`${GO_INSTALL}\`, or put the Temporal CLI on the PATH`,
    );
  }
  const built = await withElapsed(
    progress,
    'Building the Temporal server with Go (about 3 minutes, once)',
    () => run('go', GO_INSTALL.split(' ').slice(1), { env: { ...env, GOBIN: folder } }),
  );
  const binary = join(folder, 'temporal');
  if (built.ok && isExecutable(binary)) return binary;
  throw new LocalSetupError(
    `Go could not build the Temporal server (${lastLine(built.output)}): run \`${GO_INSTALL}\` to see why, or put the Temporal CLI on the PATH`,
  );
}
