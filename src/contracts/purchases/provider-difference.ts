/** Differences between what the payment provider has on record and the ledger. Money in the currency's smallest coin. */
import type { AccountId, InvoiceId, PurchaseId } from '../../domain/ids.ts';

export const DIFFERENCE_KINDS = [
  'payment_missing',
  'purchase_missing',
  'payment_differs',
  'payment_unknown',
  'invoice_missing',
  'invoice_unpaid',
  'refund_missing',
  'refund_differs',
  'refund_unknown',
  'dispute_missing',
  'dispute_differs',
  'dispute_unknown',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** How one side has it. */
export type Sum = { status: string; amount: number | null; currency: string | null };

export type Difference = {
  kind: DifferenceKind;
  /** The provider's id of the payment, refund, dispute or invoice. */
  id: string;
  purchase_id: PurchaseId | null;
  invoice_id: InvoiceId | null;
  /** Where it is known. */
  account_id: AccountId | null;
  /** How each side has it; null: not at all. */
  provider: Sum | null;
  ledger: Sum | null;
};

/**
 * `listed`: nothing was to be done. `applied`: the ledger has it now as the provider has. `case`: a person decides. `failed`: it
 * could not be tried; to be run again.
 */
export type DifferenceOutcome = 'listed' | 'applied' | 'case' | 'failed';

const WORDS: Record<DifferenceKind, string> = {
  payment_missing: 'paid there, unknown to the ledger',
  purchase_missing: 'paid there, and the ledger has no such purchase',
  payment_differs: 'paid another sum there than here',
  payment_unknown: 'paid here, and the provider has no such payment',
  invoice_missing: 'an invoice there that the ledger has not',
  invoice_unpaid: 'an invoice that is paid there and not here',
  refund_missing: 'a refund there that the ledger has not',
  refund_differs: 'a refund that stands otherwise here',
  refund_unknown: 'a refund here that the provider has not',
  dispute_missing: 'a dispute there that the ledger has not',
  dispute_differs: 'a dispute that stands otherwise here',
  dispute_unknown: 'a dispute here that the provider has not',
};

/** What a difference is, in words. */
export function differenceText(kind: DifferenceKind): string {
  return WORDS[kind];
}
