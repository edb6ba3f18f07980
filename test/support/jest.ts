/** Jest and its `expect`, for the test that the harness works in them. */
import { join } from 'node:path';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { type Fetch, fetching, fetchOnce } from '../../src/local/fetch-once.ts';
import { type Machine, thisMachine } from '../../src/local/machine.ts';
import { type Progress, silent } from '../../src/local/progress.ts';
import { lastLine } from '../../src/local/run-command.ts';

/** One version of each, for what they do is being tested and not what they become. */
const VERSION = '30.5.2';
const PACKAGES = [`jest@${VERSION}`, `expect@${VERSION}`];

/**
 * The path of `jest`, in the `.bin` of a `node_modules` that holds `expect` too. npm installs both into Boon's cache
 * folder, once a machine.
 *
 * @throws LocalSetupError with a sentence on what is missing
 */
export async function findJest(progress: Progress = silent, machine: Machine = thisMachine): Promise<string> {
  const into = join(cacheFolder(machine.env), `jest-${VERSION}`);
  return await fetchOnce(
    {
      what: 'Jest, in which the test harness is tried,',
      sources: [{ into, executable: 'node_modules/.bin/jest', fetch: installedByNpm }],
      remedy: 'see whether npm reaches its registry',
    },
    progress,
    machine,
  );
}

const installedByNpm: Fetch = async (folder, progress, { env, run }) =>
  await fetching(progress, 'Downloading Jest with npm (once)', async () => {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    const { ok, output } = await run('npm', ['install', '--prefix', folder, ...quiet, ...PACKAGES], {
      env,
      cwd: folder,
    });
    return ok ? { path: folder } : { reason: lastLine(output) };
  });
