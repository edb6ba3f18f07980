/** Reward windows' workflows as `reconcile` asks for them: which have closed, which run, and starting one. */
import type { Client } from '@temporalio/client';
import type { WindowRuns } from '../../activities/referrals/window-sweep.ts';
import { REWARD_WINDOW_WORKFLOW } from '../../contracts/referrals/referral.ts';
import { closedSince } from '../closed-workflows.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { restartProcess } from '../start-process.ts';
import { windowStart } from './reward-window-start.ts';

export function windowRuns(client: Client, taskQueue: string): WindowRuns {
  return {
    closed: (since) => closedSince(client, REWARD_WINDOW_WORKFLOW, since),
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    async start(month) {
      await restartProcess(client, taskQueue, windowStart(month));
    },
  };
}
