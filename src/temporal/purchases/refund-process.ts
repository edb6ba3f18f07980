/** Refunds' processes on Temporal: what the HTTP server and `reconcile` ask of them. */
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { RefundRuns } from '../../activities/purchases/refund.ts';
import {
  REFUND_WORKFLOW,
  type Refund,
  type RefundWorkflow,
  refundProgress,
  refundWorkflowId,
} from '../../contracts/purchases/refund.ts';
import { refundSearchAttributes, refundSummary } from '../../contracts/purchases/refund-card.ts';
import { refundChangedSignal } from '../../contracts/purchases/refund-messages.ts';
import type { RefundProcess } from '../../contracts/purchases/refund-process.ts';
import { unavailable } from '../failure.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { startedAnew } from '../started-anew.ts';

const PATIENCE = 2_000;

type RefundProcessOptions = {
  client: Client;
  taskQueue: string;
  /** How long a caller waits for Temporal, in milliseconds. Default: 2,000. */
  patience?: number;
  /** Hears of what Temporal missed; the process asks again by itself. */
  onMissed?: (error: unknown, workflowId: string) => void;
};

export function createRefundProcess(options: RefundProcessOptions): RefundProcess {
  const { client, taskQueue, patience = PATIENCE, onMissed = () => undefined } = options;
  return {
    async start(refund) {
      try {
        await client.connection.withDeadline(Date.now() + patience, () =>
          client.workflow.start<RefundWorkflow>(REFUND_WORKFLOW, startOptions(refund, taskQueue)),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error);
      }
    },

    async changed(refund) {
      const workflowId = refundWorkflowId(refund.id);
      const { status, reason_code } = refund;
      try {
        await client.connection.withDeadline(Date.now() + patience, () =>
          client.workflow.getHandle(workflowId).signal(refundChangedSignal, { status, reason_code }),
        );
      } catch (error) {
        // One that has ended knows, or has nothing more to do; one that never started asks the ledger first.
        if (!(error instanceof WorkflowNotFoundError)) onMissed(error, workflowId);
      }
    },
  };
}

/** Refunds' workflows as `reconcile` asks for them. */
export function refundRuns(client: Client, taskQueue: string): RefundRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    async restart(refund, replacing) {
      const options = startOptions(refund, taskQueue);
      try {
        // A process that was terminated or failed may begin again; one that completed has done its work.
        const workflowIdReusePolicy =
          replacing === 'completed' ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY';
        await startedAnew(client, options.workflowId, () =>
          client.workflow.start<RefundWorkflow>(REFUND_WORKFLOW, { ...options, workflowIdReusePolicy }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return false;
      }
    },
  };
}

function startOptions(refund: Refund, taskQueue: string) {
  const progress = refundProgress(refund);
  return {
    taskQueue,
    workflowId: refundWorkflowId(refund.id),
    args: [{ refund: progress }] as Parameters<RefundWorkflow>,
    // One process a refund, for ever; a second start of a running one is the same start.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: refundSearchAttributes(progress),
    staticSummary: refundSummary(progress),
  } as const;
}
