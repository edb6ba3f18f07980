import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { executableOnPath } from './executable.ts';
import type { CommandLine } from './parent-death.ts';
import { LocalSetupError } from './setup-error.ts';

/** The user that PostgreSQL runs as when we are root, since it refuses to run as root. */
export interface PostgresUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A command line and the user to start it as. */
export interface UserCommand extends CommandLine {
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** `postgres` where a system has it, else `nobody`, which each has: no user is added to somebody's machine. */
const CANDIDATES = ['postgres', 'nobody'];

/**
 * Chooses the user for PostgreSQL: undefined (ourselves) unless we are root. Data that is there already stays with
 * the user it belongs to.
 *
 * @param data the database's folder, which need not exist
 * @throws LocalSetupError when we are root and the system has neither of the users
 */
export function postgresUser(data: string): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(data, { throwIfNoEntry: false })?.uid;
  const users = passwd();
  const found = owner
    ? users.find(({ uid }) => uid === owner)
    : CANDIDATES.map((name) => users.find((user) => user.name === name)).find((user) => user !== undefined);
  if (found !== undefined) return found;
  throw new LocalSetupError(
    'PostgreSQL refuses to run as root, and this system has no user `postgres` or `nobody` to run it as: start Boon as an ordinary user',
  );
}

/**
 * The command as that user.
 *
 * A checkout in root's own home is closed to every other user; then PostgreSQL is started with the one privilege it
 * needs there, to pass through folders that are not its own (Linux capability `dac_override`; `no_setuid_fixup` lets
 * the access checks that its programs make themselves see it too).
 *
 * @param paths what the command must reach: its program and its folder
 * @throws LocalSetupError when it cannot reach them and the system has no way to let it
 */
export function asUser(
  user: PostgresUser | undefined,
  { command, args }: CommandLine,
  paths: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): UserCommand {
  if (user === undefined) return { command, args };
  const { uid, gid } = user;
  const closed = paths.map((path) => closedFolder(path, user)).find((folder) => folder !== undefined);
  if (closed === undefined) return { command, args, user: { uid, gid } };
  const setpriv = executableOnPath(env, 'setpriv');
  if (setpriv === undefined) {
    throw new LocalSetupError(
      `PostgreSQL refuses to run as root, and the user ${user.name} may not enter ${closed}: start Boon as an ordinary user`,
    );
  }
  const become = ['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups'];
  const passage = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  const visible = ['--securebits', '+no_setuid_fixup'];
  return { command: setpriv, args: [...become, ...passage, ...visible, command, ...args] };
}

/** The uppermost folder above the path that the user may not enter. */
function closedFolder(path: string, user: PostgresUser): string | undefined {
  const parent = dirname(path);
  const above = parent === path ? undefined : closedFolder(parent, user);
  if (above !== undefined) return above;
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || !status.isDirectory()) return undefined;
  const bit = status.uid === user.uid ? 0o100 : status.gid === user.gid ? 0o010 : 0o001;
  return (status.mode & bit) === 0 ? path : undefined;
}

function passwd(): PostgresUser[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}
