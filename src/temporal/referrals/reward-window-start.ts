/** How a reward window's process is started. */
import {
  REWARD_WINDOW_WORKFLOW,
  type RewardWindowInput,
  type RewardWindowWorkflow,
  rewardWindowWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { windowSummary } from '../../contracts/referrals/referral-card.ts';
import type { ProcessStart } from '../start-process.ts';

/**
 * The start of a month's process; `programs` is what the ledger knows of its places. One that was terminated begins again
 * from what the ledger holds.
 */
export function windowStart(window: RewardWindowInput): ProcessStart<RewardWindowWorkflow> {
  const { account_id, month, ends_at, programs } = window;
  const input = { account_id, month, ends_at, ...(programs === undefined ? {} : { programs }) };
  return {
    workflow: REWARD_WINDOW_WORKFLOW,
    workflowId: rewardWindowWorkflowId(account_id, month),
    args: [input],
    runs: 'again',
    foundBy: { accounts: [account_id] },
    staticSummary: windowSummary({ account_id, month, ends_at }),
  };
}
