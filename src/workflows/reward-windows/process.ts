/**
 * One billing month of one account: gives out as many places for rewards as the ledger has for the month, and closes
 * at its end. The ledger counts too, so no more are banked whatever happens here.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  RewardWindowInput,
  RewardWindowProgress,
  RewardWindowWorkflow,
} from '../../contracts/referrals/referral.ts';
import { versioned } from '../versioning.ts';
import { checkedWindow } from './input.ts';
import { handleWindowMessages } from './messages.ts';
import { OpenWindow } from './state.ts';

/** Started by the first claim of the month; its id says whose month and which. */
export async function rewardWindow(input: RewardWindowInput): Promise<RewardWindowProgress> {
  const window = new OpenWindow(checkedWindow(input));
  handleWindowMessages(window);
  // A cancellation requested of the workflow is refused; it must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(window, input.ends_at));
}
// Each run is short enough to end under newer code: it goes on with it.
setWorkflowOptions(versioned('AUTO_UPGRADE'), rewardWindow);

async function untilItsEnd(window: OpenWindow, endsAt: string): Promise<RewardWindowProgress> {
  const endsIn = window.endsAt - Date.now();
  const isToGoOn = () => workflowInfo().continueAsNewSuggested || window.isToBeginAnew;
  if (endsIn > 0 && (await condition(isToGoOn, endsIn, { summary: `The month ends at ${endsAt}` }))) {
    await condition(allHandlersFinished);
    await continueAsNew<RewardWindowWorkflow>(window.nextRun());
  }
  window.close();
  await condition(allHandlersFinished);
  return window.progress;
}
