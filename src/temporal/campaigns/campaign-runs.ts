/** Campaigns' workflows as `reconcile` asks for them: waking one. */
import type { Client } from '@temporalio/client';
import { campaignWorkflowId } from '../../contracts/campaigns/campaign.ts';
import type { CampaignProcess } from '../../contracts/campaigns/campaign-process.ts';
import { startedAnew } from '../started-anew.ts';
import { createCampaignProcess } from './campaign-process.ts';

/** Waking them as `reconcile` does: one that had failed is reported to it. */
export function campaignRuns(client: Client, taskQueue: string): CampaignProcess {
  const { wake } = createCampaignProcess({ client, taskQueue, patience: 10_000 });
  return {
    wake: (campaign) => startedAnew(client, campaignWorkflowId(campaign.id), () => wake(campaign)),
  };
}
