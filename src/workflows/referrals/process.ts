/**
 * A referral from its invitation to its reward. The ledger decides what happens to it and expires it; this process
 * mails, claims the reward when the ledger says that the friend has done enough, and is the door for people. It sets
 * no timer: an invitation that waits costs nothing.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type { ReferralInput, ReferralResult, ReferralWorkflow } from '../../contracts/referrals/referral.ts';
import { isBegunAnew } from '../begun-anew.ts';
import { versioned } from '../versioning.ts';
import { checkedReferral } from './input.ts';
import { handleReferralMessages } from './messages.ts';
import { OpenReferral } from './state.ts';

/** Started by the API with an invitation that is in the ledger; signals tell it what changes there. */
export async function referral(input: ReferralInput): Promise<ReferralResult> {
  const referral = new OpenReferral(checkedReferral(input));
  handleReferralMessages(referral);
  // A cancellation requested of the workflow is one more action on the referral; it must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(referral));
}
// A referral lives for weeks: it continues under newer code.
setWorkflowOptions(versioned('AUTO_UPGRADE'), referral);

async function untilItsEnd(referral: OpenReferral): Promise<ReferralResult> {
  if (isBegunAnew()) await referral.look();
  referral.mailInvitation();
  while (referral.isOpen) {
    await condition(
      () => !referral.isOpen || referral.isToLook || referral.rewardIsDue || referral.needsNewRun,
    );
    if (referral.isToLook) await referral.look();
    else if (referral.rewardIsDue) await referral.claimReward();
    else if (referral.needsNewRun) await goOnInNewRun(referral);
  }
  if (referral.result.status === 'rewarded') referral.mailReward();
  await referral.untilNothingIsMailed();
  await condition(allHandlersFinished);
  return referral.result;
}

/** Many messages have made the history long: the same referral continues with a new one. */
async function goOnInNewRun(referral: OpenReferral): Promise<void> {
  await condition(allHandlersFinished);
  if (referral.isOpen && !referral.rewardIsDue && !referral.isToLook)
    await continueAsNew<ReferralWorkflow>(referral.nextRun());
}
