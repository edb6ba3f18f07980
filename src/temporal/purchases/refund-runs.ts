/** Refunds' workflows as `reconcile` asks for them: which run, and starting one again. */
import type { Client } from '@temporalio/client';
import type { RefundRuns } from '../../activities/purchases/refund.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { restartProcess } from '../start-process.ts';
import { refundStart } from './refund-start.ts';

export function refundRuns(client: Client, taskQueue: string): RefundRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    restart: (refund, replacing) => restartProcess(client, taskQueue, refundStart(refund), replacing),
  };
}
