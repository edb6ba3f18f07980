import { statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { destination, type Logger, multistream } from 'pino';
import type { Config } from '../config.ts';
import { createLogger } from '../observability/logger.ts';

/** A log that outgrew this is put aside (one old one is kept) at the next start. */
const LIMIT_BYTES = 10_000_000;

/**
 * The log of a local start: JSON lines in a file, so that the terminal stays readable; warnings and errors are shown
 * there as well, as one line each.
 *
 * @param warn takes the message of a warning
 */
export async function localLogger(
  level: Config['logLevel'],
  file: string,
  warn: (message: string) => void,
): Promise<Logger> {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LIMIT_BYTES) await rename(file, `${file}.old`);
  const terminal = { write: (line: string) => warn(String(JSON.parse(line).msg)) };
  const streams = [
    { level: 'trace' as const, stream: destination({ dest: file, mkdir: true, sync: true, mode: 0o600 }) },
    { level: 'warn' as const, stream: terminal },
  ];
  return createLogger(level, multistream(streams));
}
