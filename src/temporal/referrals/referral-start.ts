/** How a referral's process is started. */
import {
  type Referral,
  type ReferralWorkflow,
  referralProgress,
  referralWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { referralSummary } from '../../contracts/referrals/referral-card.ts';
import { referralSearchAttributes } from '../../contracts/referrals/referral-search-attributes.ts';

/** Options that start the process of a referral with how the ledger has it. */
export function referralStartOptions(referral: Referral, taskQueue: string) {
  const progress = referralProgress(referral);
  return {
    taskQueue,
    workflowId: referralWorkflowId(referral.id),
    args: [{ referral: progress }] as Parameters<ReferralWorkflow>,
    // One process a referral, for ever; a second start of a running one is the same start.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: referralSearchAttributes(progress),
    staticSummary: referralSummary(progress),
  } as const;
}
