/** How a referral's process is started. */
import {
  REFERRAL_WORKFLOW,
  type Referral,
  type ReferralWorkflow,
  referralProgress,
  referralWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { referralSummary } from '../../contracts/referrals/referral-card.ts';
import { referralFoundBy } from '../../contracts/referrals/referral-search-attributes.ts';
import type { ProcessStart } from '../start-process.ts';

/** The start of a referral's process with how the ledger has it. */
export function referralStart(referral: Referral): ProcessStart<ReferralWorkflow> {
  const progress = referralProgress(referral);
  return {
    workflow: REFERRAL_WORKFLOW,
    workflowId: referralWorkflowId(referral.id),
    args: [{ referral: progress }],
    runs: 'once',
    foundBy: referralFoundBy(progress),
    staticSummary: referralSummary(progress),
  };
}
