/** Referrals' workflows as `reconcile` and `expiry` ask for them: which run, telling one, starting one anew. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { ReferralRuns } from '../../activities/referrals/referral-runs.ts';
import { REFERRAL_WORKFLOW, type ReferralWorkflow } from '../../contracts/referrals/referral.ts';
import { closedSince } from '../closed-workflows.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { startedAnew } from '../started-anew.ts';
import { createReferralProcess } from './referral-process.ts';
import { referralStartOptions } from './referral-start.ts';

export function referralRuns(client: Client, taskQueue: string): ReferralRuns {
  const { changed } = createReferralProcess({ client, taskQueue });
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    closed: (since) => closedSince(client, REFERRAL_WORKFLOW, since),
    tell: changed,
    async restart(referral, replacing) {
      const options = referralStartOptions(referral, taskQueue);
      try {
        // A process that was terminated or failed may begin again; one that completed has done its work.
        const workflowIdReusePolicy =
          replacing === 'completed' ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY';
        await startedAnew(client, options.workflowId, () =>
          client.workflow.start<ReferralWorkflow>(REFERRAL_WORKFLOW, { ...options, workflowIdReusePolicy }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return false;
      }
    },
  };
}
