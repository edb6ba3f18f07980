/** How a purchase's process is started. */
import {
  PURCHASE_WORKFLOW,
  type Purchase,
  type PurchaseWorkflow,
  purchaseProgress,
  purchaseWorkflowId,
} from '../../contracts/purchases/purchase.ts';
import { purchaseFoundBy, purchaseSummary } from '../../contracts/purchases/purchase-card.ts';
import type { ProcessStart } from '../start-process.ts';

/** The start of a purchase's process with how the ledger has it. */
export function purchaseStart(purchase: Purchase): ProcessStart<PurchaseWorkflow> {
  const progress = purchaseProgress(purchase);
  return {
    workflow: PURCHASE_WORKFLOW,
    workflowId: purchaseWorkflowId(purchase.id),
    args: [{ purchase: progress }],
    runs: 'once',
    foundBy: purchaseFoundBy(progress),
    staticSummary: purchaseSummary(progress),
  };
}
