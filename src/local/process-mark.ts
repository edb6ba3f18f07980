import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * One process, distinguished from a later one that was given the same number: in a container that is restarted the
 * numbers repeat, and a recorded number alone would name, and kill, a stranger.
 */
export interface ProcessMark {
  readonly pid: number;
  /** When it began, in whatever form the system says it; equal for the same process only. */
  readonly born: string;
}

/** The mark of a process that runs now, or undefined when there is none with this number. */
export function markOf(pid: number): ProcessMark | undefined {
  const born = process.platform === 'linux' ? bornByProc(pid) : bornByPs(pid);
  return born === undefined ? undefined : { pid, born };
}

/** Whether that very process still runs. */
export function isRunning(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.born === mark.born;
}

/** The command line of a running process, or undefined. */
export function commandLineOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : ps(pid, 'command=');
  } catch {
    return undefined;
  }
}

/**
 * Ends a process: sends the signals one after the other until it is gone, waiting `graceMs` after each.
 *
 * @returns whether it is gone
 */
export async function endProcess(
  mark: ProcessMark,
  signals: readonly NodeJS.Signals[],
  graceMs: number,
): Promise<boolean> {
  for (const signal of signals) {
    if (!isRunning(mark)) return true;
    try {
      process.kill(mark.pid, signal);
    } catch {
      // It ended between the look and the signal, or is another user's: the next look says which.
    }
    const deadline = performance.now() + graceMs;
    while (isRunning(mark) && performance.now() < deadline) await delay(25);
  }
  return !isRunning(mark);
}

/** Field 22 of /proc/<pid>/stat, ticks since boot. Field 2 is a name in brackets that may hold blanks. */
function bornByProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

function bornByPs(pid: number): string | undefined {
  try {
    return ps(pid, 'lstart=') || undefined;
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string {
  return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim();
}
