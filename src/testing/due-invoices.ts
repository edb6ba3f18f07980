/** What the schedule `boon-reconcile` does within a minute to billing months: the process of each is started. */
import type { BillingMonthOf } from '../contracts/billing/invoice.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import { billingRuns } from '../temporal/billing/billing-runs.ts';
import { ASLEEP_AFTER_MS, type Duty, MOST, soonest } from './duty.ts';
import type { Traveller } from './traveller.ts';

export function dueInvoices(traveller: Traveller): Duty {
  const { clock, ledger, temporal } = traveller;
  const runs = billingRuns(temporal, TASK_QUEUE);
  let lastStart = Number.NEGATIVE_INFINITY;

  return {
    async next(horizon) {
      return soonest(
        (await unfinished()).map(({ ends_at }) => ends_at),
        traveller,
        horizon,
      );
    },

    async bringAbout(waited) {
      const months = await unfinished();
      const now = clock.now().getTime();
      const ended = months.filter(({ ends_at }) => Date.parse(ends_at) <= now);
      // Again after a while: a process that the server's clock woke before the month's end has failed.
      const toStart = waited - lastStart > ASLEEP_AFTER_MS ? months : [];
      if (toStart.length > 0) lastStart = waited;
      for (const month of toStart) await runs.start(month);
      return [...ended, ...toStart].map(
        ({ account_id, month }) => `the invoice of ${account_id} for ${month}`,
      );
    },
  };

  async function unfinished(): Promise<BillingMonthOf[]> {
    return (await ledger.unfinishedBillingMonths({ limit: MOST })).data;
  }
}
