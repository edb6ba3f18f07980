/**
 * A campaign from its start to its end. The ledger does it page by page and decides what becomes of each account; this
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
import {
  type CampaignProgress,
  type CampaignWorkflow,
  campaignIdOf,
} from '../../contracts/campaigns/campaign.ts';
import { invalid, refusalOf } from '../refusal.ts';
import { versioned } from '../versioning.ts';
import { handleCampaignActions } from './messages.ts';
import { RunningCampaign } from './state.ts';

export async function campaign(): Promise<CampaignProgress> {
  const id = campaignIdOf(workflowInfo().workflowId);
  if (id === undefined)
    throw invalid([{ path: 'workflowId', message: 'must be campaign/ and the id of a campaign' }]);
  const campaign = new RunningCampaign(id);
  handleCampaignActions(campaign);
  try {
    // A cancellation requested of the workflow cancels the campaign; it must not cut its process short.
    return await CancellationScope.nonCancellable(() => untilItsEnd(campaign));
  } catch (error) {
    throw refusalOf(error);
  }
}
// Each of its activities may be repeated, so its code may change between two of them.
setWorkflowOptions(versioned('AUTO_UPGRADE'), campaign);

async function untilItsEnd(campaign: RunningCampaign): Promise<CampaignProgress> {
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
