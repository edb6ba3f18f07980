/** What the schedule `boon-reconcile` does within a minute to billing months: the process of each is started. */
import type { BillingMonthOf } from '../contracts/invoice.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { billingRuns } from '../temporal/billing-runs.ts';
import { elapsed, pause } from './test-clock.ts';
import type { Traveller } from './time-travel.ts';

/** How long closing and mailing may really take on a busy machine. */
const PATIENCE_MS = 20_000;
const MOST = 1_000;

/** Starts the cycles of unfinished months, and answers when the first of them ends, if that is before `target`. */
export async function nextInvoiceStop(
  target: Date,
  { clock, ledger, temporal }: Traveller,
): Promise<Date | undefined> {
  const months = await unfinished(ledger);
  const runs = billingRuns(temporal, TASK_QUEUE);
  for (const month of months) await runs.start(month);
  // One that has ended is unfinished again once its invoice is corrected: that is seen to now.
  const soonest = Math.min(...months.map(({ ends_at }) => Date.parse(ends_at)));
  const first = Math.max(soonest, clock.now().getTime());
  return first < target.getTime() ? new Date(first) : undefined;
}

/** Waits until months that are over have been closed and their invoices mailed. */
export async function invoiceEndedMonths({ clock, ledger, worker }: Traveller): Promise<void> {
  const now = clock.now().getTime();
  const began = elapsed();
  for (;;) {
    await worker.untilQuiet();
    const due = (await unfinished(ledger)).filter(({ ends_at }) => Date.parse(ends_at) <= now);
    if (due.length === 0) return;
    if (elapsed() - began > PATIENCE_MS)
      throw new Error(`Months are over and nobody invoices them: ${due.map(({ account_id }) => account_id)}`);
    await pause(20);
  }
}

async function unfinished(ledger: Ledger): Promise<BillingMonthOf[]> {
  return (await ledger.unfinishedBillingMonths({ limit: MOST })).data;
}
