/** Tending the partitions of usage. */
import type { UsageReport } from '../contracts/temporal.ts';
import type { Metering } from '../ledger/metering.ts';
import { type DutyLedger, duty } from './duty.ts';
import { heartbeating } from './heartbeating.ts';

export type UsageActivities = ReturnType<typeof usageActivities>;

export function usageActivities(ledger: Pick<Metering, 'tendUsage'> & DutyLedger) {
  return {
    /** Makes the partitions of this month and the next, and drops those that the policy keeps no longer. */
    async tendUsage(at: string): Promise<UsageReport> {
      let usage_months_dropped = 0;
      const usage_months = await duty(ledger, 'usage_months', at, async (run) => {
        usage_months_dropped = await heartbeating(() => ledger.tendUsage(at));
        run.did(usage_months_dropped);
      });
      return { usage_months_dropped, duties: { usage_months } };
    },
  };
}
