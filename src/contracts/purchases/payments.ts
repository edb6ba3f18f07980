/** The seam to the payment provider: what the HTTP server and the worker ask of it. */
import type { PurchaseId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { InvoiceWithLines } from '../billing/invoice.schema.ts';
import type { InvoiceCorrection, InvoiceNews } from '../billing/invoice.ts';
import type { PaymentNews, Purchase } from './purchase.ts';
import type { RefundNews, RefundProgress } from './refund.ts';

/** Rejects with BoonError `unavailable` when the provider does not answer, `payment_refused` when it will not. */
export interface Payments {
  /** Makes the page on which a purchase is paid; asked again, the same page. */
  openCheckout(purchase: Purchase): Promise<{ id: string; url: string }>;
  /**
   * What happened to a purchase's page. One that nobody has paid yet is closed first, so that nobody can any more.
   * Undefined: somebody has paid, and the bank has not answered yet.
   */
  closeCheckout(purchase: Purchase, at: Instant): Promise<PaymentNews | undefined>;
  /** Charges the customer's card without asking anybody, once for each purchase. Undefined: the bank has not answered yet. */
  charge(purchase: Purchase, customerId: string, at: Instant): Promise<PaymentNews | undefined>;
  /** Gives money of a payment back, once for each refund; asked again, how that stands. What is refused for good is `failed`. */
  refund(refund: RefundProgress, paymentId: string, at: Instant): Promise<RefundNews>;
  /**
   * Makes the draft of an invoice there and answers its id. Nobody is asked for money by it. Asked again soon, the same
   * one; days later another: so its id is to be remembered before {@link sendInvoice}.
   */
  draftInvoice(invoice: InvoiceWithLines, email: string | undefined): Promise<string>;
  /** Has the money of a draft collected, once however late it is asked again. `url` is its page. */
  sendInvoice(providerId: string): Promise<{ url: string | null }>;
  /** Collects no more of an invoice, and drops a draft; one that is void there stays so. */
  voidInvoice(providerId: string): Promise<void>;
  /** Takes a credit note off an invoice that is collected, once however late it is asked again; answers its id there. */
  creditInvoice(providerId: string, note: InvoiceCorrection): Promise<string>;
  /** The purchase that a payment is for; undefined when it is for something else. */
  purchaseOf(paymentId: string): Promise<PurchaseId | undefined>;
  /**
   * What a webhook says; undefined when that is of no interest here.
   * @throws BoonError `webhook_invalid` when it is not signed as it should be, or too long ago.
   */
  readWebhook(
    body: Buffer,
    signature: string,
    at: Instant,
  ): PaymentNews | InvoiceNews | RefundNews | undefined;
}
