/** Campaigns' processes on Temporal: what the HTTP server, the worker's start and `reconcile` ask of them. */
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import {
  CAMPAIGN_SIGNALS,
  CAMPAIGN_WORKFLOW,
  type CampaignWorkflow,
  campaignWorkflowId,
} from '../../contracts/campaigns/campaign.ts';
import { campaignSummary } from '../../contracts/campaigns/campaign-card.ts';
import type { CampaignProcess } from '../../contracts/campaigns/campaign-process.ts';
import { BOON_PROGRAM } from '../../contracts/gifts/gift-search-attributes.ts';
import { unavailable } from '../failure.ts';
import { startedAnew } from '../started-anew.ts';

type CampaignProcessOptions = {
  client: Client;
  taskQueue: string;
  /** How long a caller waits for Temporal, in milliseconds; 2,000 when left out. After that `reconcile` sees to it. */
  patience?: number;
};

export function createCampaignProcess(options: CampaignProcessOptions): CampaignProcess {
  const { client, taskQueue, patience = 2_000 } = options;
  return {
    async wake(campaign) {
      // One call both starts a process that does not run and has one that runs look at the ledger.
      const woken = () =>
        client.workflow.signalWithStart<CampaignWorkflow>(CAMPAIGN_WORKFLOW, {
          taskQueue,
          workflowId: campaignWorkflowId(campaign.id),
          signal: CAMPAIGN_SIGNALS.refresh,
          signalArgs: [],
          // The ledger decides what there is to do: a process of a campaign that has ended just ends.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          typedSearchAttributes: new TypedSearchAttributes([{ key: BOON_PROGRAM, value: 'campaign' }]),
          staticSummary: campaignSummary(campaign),
        });
      try {
        await client.connection.withDeadline(Date.now() + patience, woken);
      } catch (error) {
        throw unavailable(error);
      }
    },
  };
}

/** Waking them as `reconcile` does: it is told of one that had failed. */
export function campaignRuns(client: Client, taskQueue: string): CampaignProcess {
  const { wake } = createCampaignProcess({ client, taskQueue, patience: 10_000 });
  return {
    wake: (campaign) => startedAnew(client, campaignWorkflowId(campaign.id), () => wake(campaign)),
  };
}
