import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { inTurn } from './claim.ts';
import { executableNamedBy, executableOnPath, isExecutable } from './executable.ts';
import { downloadedBySdk, inFetchFolder, type Machine, makeFolder, thisMachine } from './machine.ts';
import { type Progress, silent } from './progress.ts';
import { archiveClasses, fetchByMaven, javaIn } from './time-skipping-maven.ts';

/** The version of the Temporal Java SDK whose test server the tests were written against. */
const VERSION = '1.38.0';

/**
 * Finds Temporal's time-skipping test server.
 *
 * In this order: `BOON_TEMPORAL_TEST_SERVER`; `temporal-test-server` on the PATH; Boon's cache; the SDK's own
 * download; Maven, about 10 seconds. The last two put it into the cache, once a machine: of several processes that
 * need it, one fetches and the others wait.
 *
 * @returns the path of an executable that takes a port as its argument
 * @throws LocalSetupError when it cannot be had; the message says what gets it
 */
export async function findTimeSkippingServer(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<string> {
  const { env } = machine;
  const installed = installedTimeSkippingServer(env);
  if (installed !== undefined) return installed;
  const { native, launcher } = cachePaths(env);
  await makeFolder(dirname(native), 'BOON_CACHE_DIR');
  return inTurn(`${native}.claim`, progress, 'it is fetching the time-skipping server', async () => {
    const meanwhile = cachedServer(env);
    if (meanwhile !== undefined) return meanwhile;
    return inFetchFolder(env, async (folder) => {
      const what = 'the time-skipping test server';
      const downloaded = await downloadedBySdk(what, 'time-skipping', VERSION, folder, progress, machine);
      if (downloaded !== undefined) {
        await rename(downloaded, native);
        return native;
      }
      const made = join(folder, 'maven');
      await mkdir(made);
      await fetchByMaven(made, VERSION, progress, machine);
      await rm(dirname(launcher), { recursive: true, force: true });
      await rename(made, dirname(launcher));
      await archiveClasses(launcher, machine);
      return launcher;
    });
  });
}

/**
 * The time-skipping test server that is on this machine already, or undefined.
 *
 * @throws LocalSetupError when `BOON_TEMPORAL_TEST_SERVER` names something else
 */
export function installedTimeSkippingServer(env: NodeJS.ProcessEnv): string | undefined {
  return (
    executableNamedBy(env, 'BOON_TEMPORAL_TEST_SERVER') ??
    executableOnPath(env, 'temporal-test-server') ??
    cachedServer(env)
  );
}

function cachedServer(env: NodeJS.ProcessEnv): string | undefined {
  const { native, launcher } = cachePaths(env);
  if (isExecutable(native)) return native;
  return isExecutable(launcher) && javaIn(env) !== undefined ? launcher : undefined;
}

function cachePaths(env: NodeJS.ProcessEnv): { native: string; launcher: string } {
  const name = `temporal-test-server-${VERSION}`;
  return { native: join(cacheFolder(env), 'bin', name), launcher: join(cacheFolder(env), name, 'launch') };
}
