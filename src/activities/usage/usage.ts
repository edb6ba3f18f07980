/** Tending the partitions of usage. */
import { heartbeat } from '@temporalio/activity';
import type { UsageReport } from '../../contracts/temporal.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Metering } from '../../ledger/usage/metering.ts';
import { type DutyLedger, duty } from '../duty.ts';

export type UsageActivities = ReturnType<typeof usageActivities>;

export function usageActivities(ledger: Pick<Metering, 'tendUsage'> & DutyLedger) {
  return {
    /** Makes the partitions of this month and the next, and drops those that the policy keeps no longer. */
    async tendUsage(at: Instant): Promise<UsageReport> {
      let usage_months_dropped = 0;
      const usage_months = await duty(ledger, 'usage_months', at, async (run) => {
        await ledger.tendUsage(at, (months) => {
          usage_months_dropped = months;
          run.did(1);
          heartbeat(months);
        });
      });
      return { usage_months_dropped, duties: { usage_months } };
    },
  };
}
