/** Starting processes of what the ledger has accepted: never waited for longer than a caller would. */
import type { Logger } from 'pino';
import { BoonError } from '../contracts/errors.ts';
import type { Metrics } from '../observability/metrics.ts';
import { within } from '../observability/within.ts';

/** How long an accepted request's answer waits for its process to start; after that `reconcile` sees to it. */
const PATIENCE_MILLISECONDS = 2000;
/** After a start that failed, how long requests are accepted without waiting for Temporal at all. */
const PAUSE_MILLISECONDS = 1000;

/** Starts a process, or leaves it to `reconcile`; never rejects. `what` names it in the log. */
export type ProcessStarter = (what: Record<string, string>, start: () => Promise<void>) => Promise<void>;

export function createProcessStarter(parts: { metrics: Metrics; logger: Logger }): ProcessStarter {
  const { metrics, logger } = parts;
  let pausedUntil = 0;
  return async (what, start) => {
    if (performance.now() < pausedUntil) return metrics.startsFailed.inc();
    try {
      await within(start(), PATIENCE_MILLISECONDS, () => {
        return new BoonError('unavailable', 'Temporal did not answer in time.');
      });
    } catch (error) {
      metrics.startsFailed.inc();
      pausedUntil = performance.now() + PAUSE_MILLISECONDS;
      logger.warn({ ...what, err: error }, 'accepted without starting the process; reconcile will');
    }
  };
}
