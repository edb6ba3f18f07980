/** The seam between the HTTP server and Temporal: what the server asks of refunds' processes. */
import type { Refund } from './refund.ts';

export interface RefundProcess {
  /**
   * Starts `refund/<id>`; starting twice is harmless. Rejects with BoonError `unavailable` when Temporal does not answer: the
   * refund stands in the ledger, and `reconcile` starts it later.
   */
  start(refund: Refund): Promise<void>;
  /** Tells the process how its refund stands, after the ledger changed it. Never rejects: it asks again by itself. */
  changed(refund: Refund): Promise<void>;
}
