/** Schemathesis, which tests an HTTP API against its own OpenAPI document. It is a Python program. */
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { runCommand } from '../../src/local/run-command.ts';

const VERSION = '4.32.5';

/**
 * Runs `schemathesis` with these arguments; the first run on a machine installs it into Boon's cache folder.
 * @param settings variables that it reads besides ours.
 * @param folder where it writes what it writes.
 */
export async function runSchemathesis(
  args: readonly string[],
  settings: Record<string, string>,
  folder: string,
): ReturnType<typeof runCommand> {
  const program = await installed();
  const env = {
    ...process.env,
    ...settings,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
    NO_COLOR: '1',
  };
  return runCommand(program, args, { cwd: folder, env });
}

async function installed(): Promise<string> {
  const folder = join(cacheFolder(), `schemathesis-${VERSION}`);
  const program = join(folder, 'bin/schemathesis');
  const complete = join(folder, 'complete');
  if (await exists(complete)) return program;
  // What an interrupted installation left is of no use.
  await rm(folder, { recursive: true, force: true });
  await mkdir(cacheFolder(), { recursive: true });
  await must(
    'python3',
    ['-m', 'venv', folder],
    'install Python 3.10 or newer with its venv module (`apt-get install python3-venv`)',
  );
  await must(
    join(folder, 'bin/python'),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`],
    `see to it that pip can install schemathesis ${VERSION}`,
  );
  await writeFile(complete, '');
  return program;
}

async function must(command: string, args: readonly string[], remedy: string): Promise<void> {
  const { ok, output } = await runCommand(command, args);
  if (!ok) throw new Error(`Schemathesis cannot be installed; ${remedy}. ${command} said: ${output.trim()}`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
