import { spawnSync } from 'node:child_process';
import { executableOnPath } from './executable.ts';

/** A command line. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Wraps a command so that the kernel sends it a signal when the thread that starts it ends, as it does when the
 * launcher is killed and can stop nothing itself.
 *
 * Where the system cannot do this (it takes Linux and the `setpriv` of util-linux), the command stays as it is; what
 * is then left behind is ended by the next start, by the record in its folder's claim.
 */
export function endingWithUs(command: string, args: readonly string[], signal: NodeJS.Signals): CommandLine {
  const setpriv = executableOnPath(process.env, 'setpriv');
  if (setpriv === undefined || !knowsParentDeathSignal(setpriv)) return { command, args };
  return { command: setpriv, args: ['--pdeathsig', signal.slice('SIG'.length), command, ...args] };
}

let known: boolean | undefined;

/** The setpriv of small systems (BusyBox) has other options only. */
function knowsParentDeathSignal(setpriv: string): boolean {
  known ??= spawnSync(setpriv, ['--pdeathsig', 'TERM', 'true']).status === 0;
  return known;
}
