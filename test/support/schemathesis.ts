/** Schemathesis, which tests an HTTP API against its own OpenAPI document. It is a Python program. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { executableOnPath } from '../../src/local/executable.ts';
import { type Fetch, fetching, fetchOnce } from '../../src/local/fetch-once.ts';
import { type Machine, thisMachine } from '../../src/local/machine.ts';
import { type Progress, silent } from '../../src/local/progress.ts';
import { lastLine, runCommand } from '../../src/local/run-command.ts';

const VERSION = '4.32.5';
/** What it draws its cases with. The hooks in `test/e2e` use private names of both. */
const HYPOTHESIS = '6.170.17';
const OLDEST_PYTHON = '3.10';

/** Starts it with its own packages beside it: no virtual environment, which some systems' Python cannot make. */
const LAUNCHER = `#!/bin/sh
PYTHONPATH="\${0%/*}/packages" exec python3 -m schemathesis.cli "$@"
`;

/**
 * Runs `schemathesis` with these arguments.
 * @param settings variables that it reads besides ours.
 * @param folder where it writes what it writes.
 */
export async function runSchemathesis(
  args: readonly string[],
  settings: Record<string, string>,
  folder: string,
): ReturnType<typeof runCommand> {
  const program = await findSchemathesis();
  const env = {
    ...process.env,
    ...settings,
    // Compiled once a machine, beside its own folder, which stays as pip made it.
    PYTHONDONTWRITEBYTECODE: '',
    PYTHONPYCACHEPREFIX: join(cacheFolder(), 'compiled', 'python'),
    PYTHONUTF8: '1',
    NO_COLOR: '1',
    // Else it looks through all variables for a proxy, at each call.
    no_proxy: '127.0.0.1',
  };
  return runCommand(program, args, { cwd: folder, env });
}

/**
 * Has pip put it into Boon's cache folder, once a machine.
 *
 * @throws LocalSetupError with a sentence on what is missing
 */
export async function findSchemathesis(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<string> {
  const into = join(cacheFolder(machine.env), `schemathesis-${VERSION}`);
  return await fetchOnce(
    {
      what: 'Schemathesis, which tests the API against its document,',
      sources: [{ into, executable: 'schemathesis', fetch: installedByPip }],
      remedy: `install Python ${OLDEST_PYTHON} or newer with pip`,
    },
    progress,
    machine,
  );
}

const installedByPip: Fetch = async (folder, progress, { env, run }) => {
  if (executableOnPath(env, 'python3') === undefined) return { reason: 'Python 3 is not installed' };
  return await fetching(progress, 'Downloading Schemathesis with pip (once)', async () => {
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-compile'];
    const packages = [`schemathesis==${VERSION}`, `hypothesis==${HYPOTHESIS}`];
    const into = ['--target', join(folder, 'packages'), ...packages];
    const { ok, output } = await run('python3', ['-m', 'pip', 'install', ...quiet, ...into], { env });
    if (!ok) return { reason: lastLine(output) };
    const launcher = join(folder, 'schemathesis');
    await writeFile(launcher, LAUNCHER);
    await chmod(launcher, 0o755);
    return { path: folder };
  });
};
