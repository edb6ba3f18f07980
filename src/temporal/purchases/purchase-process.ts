/** Purchases' processes on Temporal: what the HTTP server and `reconcile` ask of them. */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { PurchaseRuns } from '../../activities/purchases/purchase.ts';
import {
  PURCHASE_WORKFLOW,
  type Purchase,
  type PurchaseWorkflow,
  purchaseProgress,
  purchaseWorkflowId,
} from '../../contracts/purchases/purchase.ts';
import { purchaseSearchAttributes, purchaseSummary } from '../../contracts/purchases/purchase-card.ts';
import { purchaseChangedSignal } from '../../contracts/purchases/purchase-messages.ts';
import type { PurchaseProcess } from '../../contracts/purchases/purchase-process.ts';
import { unavailable } from '../failure.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { startedAnew } from '../started-anew.ts';

/** How long a caller waits for Temporal, in milliseconds. */
const PATIENCE = 2_000;

type PurchaseProcessOptions = {
  client: Client;
  taskQueue: string;
  /** Hears of what Temporal missed; the process asks at its deadline. */
  onMissed?: (error: unknown, workflowId: string) => void;
};

export function createPurchaseProcess(options: PurchaseProcessOptions): PurchaseProcess {
  const { client, taskQueue, onMissed = () => undefined } = options;
  return {
    async start(purchase) {
      try {
        await client.connection.withDeadline(Date.now() + PATIENCE, () =>
          client.workflow.start<PurchaseWorkflow>(PURCHASE_WORKFLOW, startOptions(purchase, taskQueue)),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error);
      }
    },

    async changed(purchase, opened) {
      const workflowId = purchaseWorkflowId(purchase.id);
      const { status, reason_code } = purchase;
      const standing = {
        status,
        reason_code,
        ...(opened === undefined ? {} : { case: { id: opened.id, reason_code: opened.reason_code } }),
      };
      try {
        await client.connection.withDeadline(Date.now() + PATIENCE, () =>
          client.workflow.getHandle(workflowId).signal(purchaseChangedSignal, standing),
        );
      } catch (error) {
        // One that has ended knows; one that never started is started with how the ledger has it.
        if (!(error instanceof WorkflowNotFoundError)) onMissed(error, workflowId);
      }
    },
  };
}

/** Purchases' workflows as `reconcile` asks for them. */
export function purchaseRuns(client: Client, taskQueue: string): PurchaseRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    async restart(purchase, replacing) {
      const options = startOptions(purchase, taskQueue);
      try {
        // A process that was terminated or failed may begin again; one that completed has done its work.
        const workflowIdReusePolicy =
          replacing === 'completed' ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY';
        await startedAnew(client, options.workflowId, () =>
          client.workflow.start<PurchaseWorkflow>(PURCHASE_WORKFLOW, { ...options, workflowIdReusePolicy }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return false;
      }
    },
  };
}

function startOptions(purchase: Purchase, taskQueue: string) {
  const progress = purchaseProgress(purchase);
  return {
    taskQueue,
    workflowId: purchaseWorkflowId(purchase.id),
    args: [{ purchase: progress }] as Parameters<PurchaseWorkflow>,
    // One process a purchase, for ever; a second start of a running one is the same start.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: purchaseSearchAttributes(progress),
    staticSummary: purchaseSummary(progress),
  } as const;
}
