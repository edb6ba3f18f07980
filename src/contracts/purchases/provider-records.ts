/** The seam to what the payment provider has on record, for comparing it with the ledger. */
import type { Credits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { InvoiceNews } from '../billing/invoice.ts';
import type { PaymentNews, PurchaseKind } from './purchase.ts';
import type { RefundNews } from './refund.ts';

export type PaidNews = Extract<PaymentNews, { said: 'paid' }>;
export type DisputeNews = Extract<PaymentNews, { said: 'disputed' }>;

/** What the provider keeps of a purchase of ours, with which a ledger that has lost it can write it down again. */
export type KeptPurchase = {
  id: string;
  account_id: AccountId;
  kind: PurchaseKind;
  package: string;
  credits: Credits;
  resets: number;
  created_at: Instant;
  expires_at: Instant;
};

/** One thing on record, as a message about it would tell it. */
export type ProviderRecord =
  | {
      kind: 'payment';
      id: string;
      news: PaidNews;
      account_id?: AccountId | undefined;
      kept?: KeptPurchase | undefined;
    }
  | { kind: 'refund'; id: string; news: RefundNews }
  | { kind: 'dispute'; id: string; news: DisputeNews }
  | {
      kind: 'invoice';
      id: string;
      news: InvoiceNews;
      /** It is collected there, and not paid yet. */
      is_open?: true;
      account_id?: AccountId | undefined;
    };

export type ProviderRecordKind = ProviderRecord['kind'];
export const PROVIDER_RECORD_KINDS = [
  'payment',
  'invoice',
  'refund',
  'dispute',
] as const satisfies ProviderRecordKind[];

/**
 * Rejects with BoonError `unavailable` when the provider does not answer or keeps asking to slow down, `payment_refused` when it will
 * not.
 */
export interface ProviderRecords {
  /**
   * What was made since a moment, and what older was changed since, as far as the provider keeps its messages. Each once, as it
   * stands now. Payments that are not complete are none.
   * @param onPage is called with how many were read so far
   */
  since(
    since: Instant,
    at: Instant,
    onPage?: (what: string, read: number) => void,
  ): Promise<ProviderRecord[]>;
  /** One by its id; undefined when the provider has none, or none that is complete. */
  find(kind: 'payment' | 'refund' | 'dispute', id: string, at: Instant): Promise<ProviderRecord | undefined>;
}
