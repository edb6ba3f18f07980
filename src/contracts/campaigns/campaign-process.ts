/** The seam between the HTTP server and Temporal: what the server asks of a campaign's process. */
import type { Campaign } from './campaign.ts';

export interface CampaignProcess {
  /**
   * Has the process of `campaign/<id>` look at the ledger, and starts it when it does not run. Rejects with BoonError
   * `unavailable` when Temporal does not answer: the ledger holds all the same, and `reconcile` catches up.
   */
  wake(campaign: Campaign): Promise<void>;
}
