/** Billing cycles' workflows as `reconcile` asks for them: which run, and starting one. */
import type { Client } from '@temporalio/client';
import type { BillingRuns } from '../../activities/billing/billing.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { restartProcess } from '../start-process.ts';
import { billingStart } from './billing-start.ts';

export function billingRuns(client: Client, taskQueue: string): BillingRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    async start(month) {
      await restartProcess(client, taskQueue, billingStart(month));
    },
  };
}
