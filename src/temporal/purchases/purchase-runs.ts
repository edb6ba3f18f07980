/** Purchases' workflows as `reconcile` asks for them: which run, and starting one again. */
import type { Client } from '@temporalio/client';
import type { PurchaseRuns } from '../../activities/purchases/purchase.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { restartProcess } from '../start-process.ts';
import { purchaseStart } from './purchase-start.ts';

export function purchaseRuns(client: Client, taskQueue: string): PurchaseRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    restart: (purchase, replacing) => restartProcess(client, taskQueue, purchaseStart(purchase), replacing),
  };
}
