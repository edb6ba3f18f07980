/** Tending the partitions of usage. */
import type { UsageReport } from '../contracts/temporal.ts';
import type { Metering } from '../ledger/metering.ts';
import { failing } from './failure.ts';

export type UsageActivities = ReturnType<typeof usageActivities>;

export function usageActivities(ledger: Pick<Metering, 'tendUsage'>) {
  return {
    /** Makes the partitions of this month and the next, and drops those that the policy keeps no longer. */
    async tendUsage(at: string): Promise<UsageReport> {
      return { usage_months_dropped: await failing(() => ledger.tendUsage(at)) };
    },
  };
}
