/** What an operator reads of a purchase in the Temporal Web UI. */
import { type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { caseText } from './payment-case.ts';
import type { PurchaseProgress } from './purchase.ts';
import { BOON_ACCOUNT, BOON_PROGRAM, BOON_STATUS } from './search-attribute-keys.ts';

/** One line, such as `user_ada buys credits-100`. */
export function purchaseSummary({ account_id, kind, package: name }: PurchaseProgress): string {
  return kind === 'top_up' ? `${account_id} tops up with ${name}` : `${account_id} buys ${name}`;
}

export function purchaseDetails(purchase: PurchaseProgress): string {
  const { account_id, kind, package: name, status, reason_code, expires_at } = purchase;
  const why = reason_code === null ? '' : ` (${reason_code})`;
  const until = `${expires_at.slice(0, 10)} ${expires_at.slice(11, 19)} UTC`;
  const next = status === 'open' ? ` Waits for the payment until ${until}, then asks what became of it.` : '';
  const opened =
    purchase.case === undefined
      ? []
      : [
          `**Case \`${purchase.case.id}\`**: ${caseText(purchase.case.reason_code)}. Nothing has moved for that payment: a person decides.`,
        ];
  return [
    `\`${account_id}\` ${kind === 'top_up' ? 'tops up with' : 'buys'} **${name}**`,
    `Status: **${status}**${why}.${next}`,
    ...opened,
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

/** Found by its account, and by `purchase` or `top_up`. */
export function purchaseSearchAttributes({ account_id, kind }: PurchaseProgress): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: BOON_ACCOUNT, value: [account_id] },
    { key: BOON_PROGRAM, value: kind === 'top_up' ? 'top_up' : 'purchase' },
  ]);
}

/**
 * One that was not paid says so, and an open one with a payment that does not fit it that it is a `case`; every other tells
 * by running or completed how it is.
 */
export function unpaidAttributes({ status, case: opened }: PurchaseProgress): SearchAttributePair[] {
  if (status === 'open' && opened !== undefined) return [{ key: BOON_STATUS, value: 'case' }];
  return status === 'expired' || status === 'failed' ? [{ key: BOON_STATUS, value: status }] : [];
}
