/**
 * A campaign from its start to its end. The ledger does it page by page and decides what happens to each account; this
 * process is what drives it on, shows how far it is, and the door for people to pause, resume or cancel it.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type { CampaignProgress, CampaignWorkflow } from '../../contracts/campaigns/campaign.ts';
import { refusalOf } from '../refusal.ts';
import { versioned } from '../versioning.ts';
import { checkedCampaignId } from './input.ts';
import { handleCampaignMessages } from './messages.ts';
import { OpenCampaign } from './state.ts';

export async function campaign(): Promise<CampaignProgress> {
  const campaign = new OpenCampaign(checkedCampaignId(workflowInfo().workflowId));
  handleCampaignMessages(campaign);
  try {
    // A cancellation requested of the workflow cancels the campaign; it must not cut its process short.
    return await CancellationScope.nonCancellable(() => untilItsEnd(campaign));
  } catch (error) {
    throw refusalOf(error);
  }
}
// Each of its activities may be repeated, so its code may change between two of them.
setWorkflowOptions(versioned('AUTO_UPGRADE'), campaign);

async function untilItsEnd(campaign: OpenCampaign): Promise<CampaignProgress> {
  await campaign.look();
  do {
    while (!campaign.hasEnded) {
      if (campaign.status === 'running') await campaign.runPages();
      else if (campaign.isToBeProven) await campaign.prove();
      else await campaign.untilItChanges();
      if (workflowInfo().continueAsNewSuggested) await goOnInNewRun();
    }
    if (campaign.isToBeProven) await campaign.prove();
    await condition(allHandlersFinished);
    // An answer to somebody that came late may be older than the end: the ledger is looked at again.
  } while (!campaign.hasEnded);
  return campaign.result;
}

/** The ledger knows how far the campaign is: there is nothing to hand on. */
async function goOnInNewRun(): Promise<void> {
  await condition(allHandlersFinished);
  await continueAsNew<CampaignWorkflow>();
}
