/** Campaigns' processes on Temporal: what the HTTP server and the worker's start ask of them. */
import type { Client } from '@temporalio/client';
import { CAMPAIGN_SIGNALS, type CampaignWorkflow } from '../../contracts/campaigns/campaign.ts';
import type { CampaignProcess } from '../../contracts/campaigns/campaign-process.ts';
import { answeredWithin, PATIENCE } from '../patience.ts';
import { startOptions } from '../start-process.ts';
import { campaignStart } from './campaign-start.ts';

type CampaignProcessOptions = {
  client: Client;
  taskQueue: string;
  /** How long a caller waits for Temporal, in milliseconds; 2,000 when left out. After that `reconcile` catches up. */
  patience?: number;
};

export function createCampaignProcess(options: CampaignProcessOptions): CampaignProcess {
  const { client, taskQueue, patience = PATIENCE } = options;
  return {
    async wake(campaign) {
      const start = campaignStart(campaign);
      // One call both starts a process that does not run and has one that runs look at the ledger.
      await answeredWithin(client, patience, () =>
        client.workflow.signalWithStart<CampaignWorkflow>(start.workflow, {
          ...startOptions(start, taskQueue),
          signal: CAMPAIGN_SIGNALS.refresh,
          signalArgs: [],
        }),
      );
    },
  };
}
