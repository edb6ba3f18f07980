/** Temporal's own log lines in ours. */
import { DefaultLogger, type Logger as SdkLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** A logger for the Temporal SDK's runtime: same destination, same level, `component: temporal`. */
export function sdkLogger(logger: Logger): SdkLogger {
  const lines = logger.child({ component: 'temporal' });
  return new DefaultLogger('TRACE', ({ level, message, meta }) => {
    const name = LEVELS[level];
    if (lines.isLevelEnabled(name)) lines[name](meta ?? {}, message);
  });
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
