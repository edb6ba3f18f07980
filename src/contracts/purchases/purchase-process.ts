/** The seam between the HTTP server and Temporal: what the server asks of purchases' processes. */
import type { PaymentCase } from './payment-case.ts';
import type { Purchase } from './purchase.ts';

export interface PurchaseProcess {
  /**
   * Starts `purchase/<id>`; starting twice is harmless, and one that is paid already just mails so. Rejects with BoonError
   * `unavailable` when Temporal does not answer: the purchase stands in the ledger, and `reconcile` starts it later.
   */
  start(purchase: Purchase): Promise<void>;
  /**
   * Tells the process how its purchase stands, after the ledger changed it, and of a payment that does not fit it. Never
   * rejects: it asks at its deadline itself.
   */
  changed(purchase: Purchase, opened?: Pick<PaymentCase, 'id' | 'reason_code'>): Promise<void>;
}
