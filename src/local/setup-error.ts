import { isError } from '../domain/is-error.ts';

/**
 * Something on this machine keeps Boon's local servers from starting, and a person can put it right.
 *
 * The message is one sentence that says what is wrong and what to do; whoever catches it prints the message and
 * no stack.
 */
export class LocalSetupError extends Error {
  override readonly name = 'LocalSetupError';
}

/** What was named does not answer, or lets nobody in: it may do so later, or stand elsewhere. */
export class NotReached extends LocalSetupError {}

/** The code (`ENOENT`, `EACCES` …) of an error of the operating system, or undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  return isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the disk had no room: the system's `ENOSPC`, or PostgreSQL's `disk_full`. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', '53100'].includes(systemErrorCode(error) ?? '');
}
