/**
 * One billing month of one account: gives out as many places for rewards as the ledger has for the month, and closes
 * at its end. The ledger counts too, so no more are banked whatever happens here.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type { RewardWindowInput, RewardWindowProgress, RewardWindowWorkflow } from '../contracts/referral.ts';
import { OpenWindow } from './open-window.ts';
import { checkedWindow } from './referral-input.ts';
import { versioned } from './versioning.ts';
import { handleWindowMessages } from './window-messages.ts';

/** Started by the first claim of the month; its id says whose month and which. */
export async function rewardWindow(input: RewardWindowInput): Promise<RewardWindowProgress> {
  const window = new OpenWindow(checkedWindow(input));
  handleWindowMessages(window);
  const endsIn = window.endsAt - Date.now();
  const isLong = () => workflowInfo().continueAsNewSuggested;
  if (endsIn > 0 && (await condition(isLong, endsIn, { summary: `The month ends at ${input.ends_at}` }))) {
    await condition(allHandlersFinished);
    await continueAsNew<RewardWindowWorkflow>(window.nextRun());
  }
  window.close();
  await condition(allHandlersFinished);
  return window.progress;
}
// Each run is short enough to end under newer code: it goes on with it.
setWorkflowOptions(versioned('AUTO_UPGRADE'), rewardWindow);
