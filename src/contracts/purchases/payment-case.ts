/** Cases: payments that do not fit what they name, for a person to decide. Times RFC 3339 UTC, money in the smallest coin. */
import type { AccountId, InvoiceId, PaymentCaseId, PurchaseId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Price } from '../../domain/policy.ts';

export const CASE_STATUSES = ['open', 'closed'] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];

export const CASE_REASONS = [
  'wrong_checkout',
  'checkout_unknown',
  'unconfirmed',
  'wrong_invoice',
  'wrong_mode',
  'wrong_currency',
  'amount_unknown',
  'wrong_amount',
  'paid_twice',
  'void',
  'over_cap',
  'purchase_unknown',
  'provider_differs',
] as const;
export type CaseReason = (typeof CASE_REASONS)[number];

/** A payment that did not fit, as the ledger tells it. Nothing has moved for it. */
export type PaymentCase = {
  id: PaymentCaseId;
  status: CaseStatus;
  account_id: AccountId;
  /** What the payment names; one of the two. */
  purchase_id: PurchaseId | null;
  invoice_id: InvoiceId | null;
  reason_code: CaseReason;
  /** The provider's ids: of the payment, of the page, and of the message that told of it. */
  payment_id: string | null;
  checkout_id: string | null;
  event: string | null;
  /** What the provider says was paid, null where it does not tell all of it; and whether in the live mode. */
  paid: Price | null;
  live: boolean | null;
  /** What would have been right. */
  price: Price;
  /** What refunds and disputes have given back of this payment. */
  refunded: Price;
  disputed: Price;
  opened_at: Instant;
  closed_at: Instant | null;
  closed_by: string | null;
  close_reason: string | null;
};

const WORDS: Record<CaseReason, string> = {
  wrong_checkout: 'paid on another page',
  checkout_unknown: 'paid on a page that is not known yet',
  unconfirmed: 'paid, and its page does not say so',
  wrong_invoice: 'another invoice of the provider',
  wrong_mode: 'paid in the other mode (test or live)',
  wrong_currency: 'paid in another currency',
  amount_unknown: 'paid an amount that the provider does not tell',
  wrong_amount: 'paid another amount',
  paid_twice: 'paid a second time',
  void: 'paid though it is void',
  over_cap: 'charged beyond the month’s cap',
  purchase_unknown: 'paid for a purchase that the ledger does not have',
  provider_differs: 'the provider has it otherwise, or not at all',
};

/** Why a payment does not fit, in words. */
export function caseText(reason: string): string {
  return WORDS[reason as CaseReason] ?? reason;
}
