import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { asUser, type PostgresUser } from './postgres-user.ts';
import { lastLine, runCommand } from './run-command.ts';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** The superuser of the local database. */
export const DATABASE_USER = 'boon';

/** The environment for PostgreSQL's programs: messages in English, none of the caller's PG… settings. */
export function postgresEnv(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

/**
 * Makes the database in `<folder>/data` unless it is there, and returns its password, which is kept in
 * `<folder>/password`, readable by its owner only.
 *
 * The database is made beside and renamed into place, so `data` is never half made: a start that was killed leaves
 * only what the next one removes.
 */
export async function ensureCluster(
  folder: string,
  binaries: PostgresBinaries,
  user: PostgresUser | undefined,
): Promise<{ readonly data: string; readonly password: string }> {
  const data = join(folder, 'data');
  const made = existsSync(data);
  const password = await ensurePassword(join(folder, 'password'), made);
  if (made) return { data, password };
  const making = join(folder, 'making');
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  const passwordFile = join(making, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    await chown(making, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  await initialise(join(making, 'data'), passwordFile, binaries, user);
  await rename(join(making, 'data'), data);
  await rm(making, { recursive: true, force: true });
  return { data, password };
}

async function ensurePassword(file: string, databaseMade: boolean): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  if (databaseMade) {
    throw new LocalSetupError(
      `${file}, the password of the local database, is missing: restore it, or delete the folder it was in to begin with an empty database`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  const beside = `${file}.new`;
  await writeFile(beside, `${password}\n`, { mode: 0o600 });
  await rename(beside, file);
  return password;
}

async function initialise(
  data: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  user: PostgresUser | undefined,
): Promise<void> {
  const args = [
    `--pgdata=${data}`,
    `--username=${DATABASE_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own collation sorts alike on every system; the C library's do not.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ];
  const initdb = asUser(user, { command: binaries.initdb, args }, [binaries.initdb, data]);
  const made = await runCommand(initdb.command, initdb.args, {
    env: postgresEnv(),
    cwd: '/',
    ...initdb.user,
  });
  if (!made.ok) throw new LocalSetupError(`The local database could not be made: ${reasonIn(made.output)}`);
}

/** initdb ends by saying that it cleans up; what went wrong comes before that. */
function reasonIn(output: string): string {
  const error = output.split('\n').find((line) => /error:|FATAL:|PANIC:/.test(line));
  return error?.trim() ?? lastLine(output);
}
