/** Running a service as a process: one sentence when it cannot start, an orderly end on a signal. */
import { constants } from 'node:os';
import type { Logger } from 'pino';
import { allocateYoung } from './allocate-young.ts';
import { stopSignal } from './stop-signal.ts';

/** Errors whose message is written for a person; any other is shown with its stack. */
const FOR_PEOPLE = new Set([
  'ConfigError',
  'PolicyError',
  'MigrationError',
  'BootstrapKeyError',
  'EncryptionKeyError',
  'LocalSetupError',
  'SearchAttributesMissing',
  'TemporalUnreachable',
]);

/** Starts a service and stops it on SIGTERM or SIGINT; a signal during the start, or a second one, ends it at once. */
export async function runService(
  start: () => Promise<{ close: (signal: string) => Promise<void>; logger: Logger }>,
): Promise<void> {
  allocateYoung();
  const signal = stopSignal(() => process.exit(1));
  // Before the start: process 1 of a container is ended by no signal that it does not handle.
  const endAtOnce = () => process.exit(128 + constants.signals[signal.reason as NodeJS.Signals]);
  signal.addEventListener('abort', endAtOnce);
  try {
    const { close, logger } = await start();
    signal.removeEventListener('abort', endAtOnce);
    signal.addEventListener('abort', async () => {
      logger.info({ signal: signal.reason }, 'stopping');
      await close(String(signal.reason));
      logger.info('stopped');
      process.exit(0);
    });
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exit(1);
  }
}

/** Why a service could not start and what to do, as text for a terminal. */
export function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (FOR_PEOPLE.has(error.name)) return error.message;
  const { code, syscall, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop what listens there or set PORT to another one.`;
  if (code === 'EACCES' && syscall === 'listen')
    return `Port ${port} may not be opened by this user: set PORT above 1023.`;
  if (code === '53300') {
    return `PostgreSQL has no connection left (${error.message}): raise its max_connections, or lower BOON_DATABASE_POOL of the processes that use it.`;
  }
  if (code !== undefined && DATABASE_TROUBLE.has(code)) {
    return `The database does not answer (${error.message || code}): check DATABASE_URL and that PostgreSQL runs there.`;
  }
  return error.stack ?? error.message;
}

/** Whether what failed is that the database, or Temporal, does not answer or lets nobody in. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return error.name === 'TemporalUnreachable' || (code !== undefined && DATABASE_TROUBLE.has(code));
}

/** System errors of a connection, and PostgreSQL's refusals of a log-in or a database. */
const DATABASE_TROUBLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  '28P01',
  '28000',
  '3D000',
  '57P03',
]);
