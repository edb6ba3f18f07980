/** What an operator reads of a refund in the Temporal Web UI. */
import type { Instant } from '../../domain/instant.ts';
import { type RefusedRequest, refusedLines, timeText, updateLines } from '../refused-request.ts';
import type { FoundBy } from '../search-attributes.ts';
import { summaryOf } from '../summary.ts';
import { priceText } from './purchase.ts';
import { REFUND_ASK_AT_MOST, type RefundProgress } from './refund.ts';

/** One line, such as `user_ada gets back 2.80 USD`. */
export function refundSummary({ account_id, ...price }: RefundProgress): string {
  return summaryOf(`${account_id} gets back ${priceText(price)}`);
}

/** What the process does about a refund: has asked so often, asks again at `ask_at`, and has refused to cancel it. */
export type RefundDoing = {
  asked?: number;
  ask_at?: Instant | undefined;
  refused?: RefusedRequest | undefined;
};

/** The card of a refund: how it stands, what comes next, and what an operator can do. */
export function refundDetails(refund: RefundProgress, doing: RefundDoing = {}): string {
  const { account_id, purchase_id, status, reason_code } = refund;
  const why = reason_code === null ? '' : ` (${reason_code})`;
  const next = {
    pending: `What was bought is out of the account. ${asking(doing)}`,
    succeeded: 'The money is back.',
    failed: 'What was taken is in the account again; it can be refunded anew.',
  }[status];
  return [
    `\`${account_id}\` gets back **${priceText(refund)}** of purchase \`${purchase_id}\``,
    `Status: **${status}**${why}. ${next}`,
    ...refusedLines(doing.refused),
    ...updateLines(
      status === 'pending' ? ['`ask` asks the provider now', '`refresh` reads the ledger again'] : [],
    ),
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

function asking({ asked = 0, ask_at }: RefundDoing): string {
  if (ask_at === undefined) return 'The provider is asked to send the money.';
  if (asked >= REFUND_ASK_AT_MOST)
    return `The bank was asked ${asked} times, and is asked no more: only the provider's message counts.`;
  return `The bank takes its time: asked ${asked} of ${REFUND_ASK_AT_MOST} times, again at ${timeText(ask_at)}.`;
}

/** Found by its account, and by `refund`. */
export function refundFoundBy({ account_id }: RefundProgress): FoundBy {
  return { accounts: [account_id], program: 'refund' };
}

/** One that failed says so; every other tells by running or completed how it is. */
export function failedRefundFoundBy({ status }: RefundProgress): FoundBy {
  return status === 'failed' ? { status } : {};
}
