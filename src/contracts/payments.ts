/** The seam to the payment provider: what the HTTP server and the worker ask of it. */
import type { InvoiceWithLines } from './invoice.schema.ts';
import type { InvoiceNews } from './invoice.ts';
import type { PaymentNews, Purchase } from './purchase.ts';

/** Rejects with BoonError `unavailable` when the provider does not answer, `payment_refused` when it will not. */
export interface Payments {
  /** Makes the page on which a purchase is paid; asked again, the same page. */
  openCheckout(purchase: Purchase): Promise<{ id: string; url: string }>;
  /**
   * What became of a purchase's page. One that nobody has paid yet is closed first, so that nobody can any more.
   * Undefined: somebody has paid, and the bank has not answered yet.
   */
  closeCheckout(purchase: Purchase, at: string): Promise<PaymentNews | undefined>;
  /** Charges the customer's card without asking anybody, once for each purchase. Undefined: the bank has not answered yet. */
  charge(purchase: Purchase, customerId: string, at: string): Promise<PaymentNews | undefined>;
  /** Has an invoice collected; asked again, the same one there. `url` is its page. */
  openInvoice(
    invoice: InvoiceWithLines,
    email: string | undefined,
  ): Promise<{ id: string; url: string | null }>;
  /** The purchase that a payment is for; undefined when it is for something else. */
  purchaseOf(paymentId: string): Promise<string | undefined>;
  /**
   * What a webhook says; undefined when that is of no interest here.
   * @throws BoonError `webhook_invalid` when it is not signed as it should be, or too long ago.
   */
  readWebhook(body: Buffer, signature: string, at: string): PaymentNews | InvoiceNews | undefined;
}
