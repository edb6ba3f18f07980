/** Noting duties that did not end: what hangs cannot note anything itself. */
import { type StuckDuty, WHOLE_DUTY } from '../contracts/stuck-item.ts';
import type { Instant } from '../domain/instant.ts';
import type { DutyLedger } from './duty.ts';

export type StuckDutyActivities = ReturnType<typeof stuckDutyActivities>;

export function stuckDutyActivities(ledger: Pick<DutyLedger, 'putAside'>) {
  return {
    /** Puts whole duties aside until they are done. */
    async noteStuckDuties(duties: readonly StuckDuty[], error: string, at: Instant): Promise<void> {
      for (const what of duties) await ledger.putAside(what, WHOLE_DUTY, error, at);
    },
  };
}
