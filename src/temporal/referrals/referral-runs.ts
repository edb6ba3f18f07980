/** Referrals' workflows as `reconcile` and `expiry` ask for them: which run, signaling one, starting one again. */
import type { Client } from '@temporalio/client';
import type { ReferralRuns } from '../../activities/referrals/referral-runs.ts';
import { REFERRAL_WORKFLOW } from '../../contracts/referrals/referral.ts';
import { closedSince } from '../closed-workflows.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { restartProcess } from '../start-process.ts';
import { createReferralProcess } from './referral-process.ts';
import { referralStart } from './referral-start.ts';

export function referralRuns(client: Client, taskQueue: string): ReferralRuns {
  const { changed } = createReferralProcess({ client, taskQueue });
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    closed: (since) => closedSince(client, REFERRAL_WORKFLOW, since),
    tell: changed,
    restart: (referral, replacing) => restartProcess(client, taskQueue, referralStart(referral), replacing),
  };
}
