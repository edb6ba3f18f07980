/** What an operator reads of a refund in the Temporal Web UI. */
import { type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { priceText } from './purchase.ts';
import type { RefundProgress } from './refund.ts';
import { BOON_ACCOUNT, BOON_PROGRAM, BOON_STATUS } from './search-attribute-keys.ts';

/** One line, such as `user_ada gets back 2.80 USD`. */
export function refundSummary({ account_id, ...price }: RefundProgress): string {
  return `${account_id} gets back ${priceText(price)}`;
}

export function refundDetails(refund: RefundProgress): string {
  const { account_id, purchase_id, status, reason_code } = refund;
  const why = reason_code === null ? '' : ` (${reason_code})`;
  const next = {
    pending: ' What was bought is out of the account; the provider is asked to send the money.',
    succeeded: '',
    failed: ' What was taken is in the account again.',
  }[status];
  return [
    `\`${account_id}\` gets back **${priceText(refund)}** of purchase \`${purchase_id}\``,
    `Status: **${status}**${why}.${next}`,
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

/** Found by its account, and by `refund`. */
export function refundSearchAttributes({ account_id }: RefundProgress): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: BOON_ACCOUNT, value: [account_id] },
    { key: BOON_PROGRAM, value: 'refund' },
  ]);
}

/** One that failed says so; every other tells by running or completed how it is. */
export function failedAttributes({ status }: RefundProgress): SearchAttributePair[] {
  return status === 'failed' ? [{ key: BOON_STATUS, value: status }] : [];
}
