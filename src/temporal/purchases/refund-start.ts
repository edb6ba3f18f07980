/** How a refund's process is started. */
import {
  REFUND_WORKFLOW,
  type Refund,
  type RefundWorkflow,
  refundProgress,
  refundWorkflowId,
} from '../../contracts/purchases/refund.ts';
import { refundFoundBy, refundSummary } from '../../contracts/purchases/refund-card.ts';
import type { ProcessStart } from '../start-process.ts';

/** The start of a refund's process with how the ledger has it. */
export function refundStart(refund: Refund): ProcessStart<RefundWorkflow> {
  const progress = refundProgress(refund);
  return {
    workflow: REFUND_WORKFLOW,
    workflowId: refundWorkflowId(refund.id),
    args: [{ refund: progress }],
    runs: 'once',
    foundBy: refundFoundBy(progress),
    staticSummary: refundSummary(progress),
  };
}
