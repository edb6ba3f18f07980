/** How a campaign's process is started. */
import {
  CAMPAIGN_WORKFLOW,
  type Campaign,
  type CampaignWorkflow,
  campaignWorkflowId,
} from '../../contracts/campaigns/campaign.ts';
import { campaignSummary } from '../../contracts/campaigns/campaign-card.ts';
import type { ProcessStart } from '../start-process.ts';

/** The start of a campaign's process. The ledger decides what there is to do: of a campaign that has ended, it just ends. */
export function campaignStart(campaign: Campaign): ProcessStart<CampaignWorkflow> {
  return {
    workflow: CAMPAIGN_WORKFLOW,
    workflowId: campaignWorkflowId(campaign.id),
    args: [],
    runs: 'again',
    foundBy: { program: 'campaign' },
    staticSummary: campaignSummary(campaign),
  };
}
