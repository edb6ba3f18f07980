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
  const installed =
    executableNamedBy(env, 'BOON_TEMPORAL_TEST_SERVER') ?? executableOnPath(env, 'temporal-test-server');
  if (installed !== undefined) return installed;
  const native = join(cacheFolder(env), 'bin', `temporal-test-server-${VERSION}`);
  const launcher = join(cacheFolder(env), `temporal-test-server-${VERSION}`, 'launch');
  const cached = () => {
    if (isExecutable(native)) return native;
    return isExecutable(launcher) && javaIn(env) !== undefined ? launcher : undefined;
  };
  const found = cached();
  if (found !== undefined) return found;
  await makeFolder(dirname(native), 'BOON_CACHE_DIR');
  return inTurn(`${native}.claim`, progress, 'it is fetching the time-skipping server', async () => {
    const meanwhile = cached();
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
