/** What an operator reads of a purchase in the Temporal Web UI. */
import type { Instant } from '../../domain/instant.ts';
import { type RefusedRequest, refusedLines, timeText, updateLines } from '../refused-request.ts';
import type { FoundBy } from '../search-attributes.ts';
import { summaryOf } from '../summary.ts';
import { caseText } from './payment-case.ts';
import type { PurchaseProgress } from './purchase.ts';

/** One line, such as `user_ada buys credits-100`. */
export function purchaseSummary({ account_id, kind, package: name }: PurchaseProgress): string {
  return summaryOf(`${account_id} ${kind === 'top_up' ? 'tops up with' : 'buys'} ${name}`);
}

/** What the process does about a purchase: asks at `ask_at` what happened to it, and has refused to cancel it. */
export type PurchaseDoing = { ask_at?: Instant | undefined; refused?: RefusedRequest | undefined };

/** The card of a purchase: how it stands, what comes next, and what an operator can do. */
export function purchaseDetails(purchase: PurchaseProgress, doing: PurchaseDoing = {}): string {
  const { account_id, kind, package: name, status, reason_code } = purchase;
  const why = reason_code === null ? '' : ` (${reason_code})`;
  const opened =
    purchase.case === undefined
      ? []
      : [
          `**Case \`${purchase.case.id}\`**: ${caseText(purchase.case.reason_code)}. Nothing has moved for that payment: a person decides.`,
        ];
  return [
    `\`${account_id}\` ${kind === 'top_up' ? 'tops up with' : 'buys'} **${name}**`,
    `Status: **${status}**${why}. ${nextStep(purchase, doing.ask_at ?? purchase.expires_at)}`,
    ...opened,
    ...refusedLines(doing.refused),
    ...updateLines(status === 'open' ? updatesOf(purchase) : []),
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

function nextStep({ id, kind, status, expires_at }: PurchaseProgress, askAt: Instant): string {
  if (status === 'open' && askAt !== expires_at)
    return `The bank has not answered: the provider is asked again at ${timeText(askAt)}.`;
  if (status === 'open' && kind === 'top_up') return 'The stored card is being charged.';
  if (status === 'open')
    return `Waits for the payment until ${timeText(askAt)}, then asks the provider what happened to it.`;
  if (status === 'paid') return `What was bought is given; \`boon refund create ${id}\` gives it back.`;
  if (status === 'refunded') return 'The money has gone back.';
  return 'Nothing was paid, and nothing given; a payment that arrives all the same counts.';
}

function updatesOf({ kind }: PurchaseProgress): string[] {
  const refresh = '`refresh` reads the ledger again';
  return kind === 'top_up'
    ? [refresh]
    : [refresh, '`cancel` `{"reason":"why"}` closes the page where it is paid'];
}

/** Found by its account, and by `purchase` or `top_up`. */
export function purchaseFoundBy({ account_id, kind }: PurchaseProgress): FoundBy {
  return { accounts: [account_id], program: kind === 'top_up' ? 'top_up' : 'purchase' };
}

/**
 * One that was not paid says so, and an open one with a payment that does not fit it that it is a `case`; every other tells
 * by running or completed how it is.
 */
export function unpaidPurchaseFoundBy({ status, case: opened }: PurchaseProgress): FoundBy {
  if (status === 'open' && opened !== undefined) return { status: 'case' };
  return status === 'expired' || status === 'failed' ? { status } : {};
}
