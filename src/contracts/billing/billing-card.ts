/** What an operator reads of a billing month in the Temporal Web UI. */

import { type RefusedRequest, refusedLines, timeText, updateLines } from '../refused-request.ts';
import { summaryOf } from '../summary.ts';
import type { BillingCycleProgress, BillingMonthOf } from './invoice.ts';

/** One line, such as `Invoice of acme for the month from 2026-06-01`. */
export function billingSummary({ account_id, month }: Pick<BillingMonthOf, 'account_id' | 'month'>): string {
  return summaryOf(`Invoice of ${account_id} for the month from ${month}`);
}

/** The card of a billing month: how it stands, what comes next, and what an operator can do. */
export function billingDetails(progress: BillingCycleProgress, refused?: RefusedRequest): string {
  const { account_id, month, ends_at } = progress;
  return [
    `Billing month of \`${account_id}\` from ${month} to ${timeText(ends_at)}`,
    ...standingLines(progress),
    `Status: **${progress.stage}**. ${nextStep(progress)}`,
    ...refusedLines(refused),
    ...updateLines(progress.stage === 'done' ? [] : ['`refresh` reads the ledger again']),
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

function standingLines({ standing }: BillingCycleProgress): string[] {
  if (standing === null) return [];
  const { charged, invoice } = standing;
  if (invoice === null) return [`Charged so far: **${charged} credits**.`];
  const { id, status, credits, due_at } = invoice;
  return [`Invoice **${id}** (${status}): ${credits} credits, due ${timeText(due_at)}`];
}

function nextStep({ stage, account_id, ends_at, standing }: BillingCycleProgress): string {
  const id = standing?.invoice?.id ?? '<id>';
  switch (stage) {
    case 'waiting':
      return `At ${timeText(ends_at)} the month is closed and its invoice written; \`boon usage pool ${account_id}\` shows what it comes to.`;
    case 'closing':
      return 'The ledger is closing the month and writing its invoice.';
    case 'collecting':
      return 'The payment provider is handed the invoice, for a day at most; then it is mailed all the same.';
    case 'mailing':
      return 'The invoice is being mailed, for a day at most.';
    case 'done':
      return `Nothing is left to do here: \`boon invoice show ${id}\` shows whether it is paid, and \`boon invoice credit\` and \`void\` correct it.`;
  }
}
