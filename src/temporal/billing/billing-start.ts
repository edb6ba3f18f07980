/** How a billing month's process is started. */
import { billingSummary } from '../../contracts/billing/billing-card.ts';
import {
  BILLING_CYCLE_WORKFLOW,
  type BillingCycleInput,
  type BillingCycleWorkflow,
  billingCycleWorkflowId,
} from '../../contracts/billing/invoice.ts';
import type { ProcessStart } from '../start-process.ts';

/** The start of a month's process. One that was terminated begins again from what the ledger holds. */
export function billingStart(month: BillingCycleInput): ProcessStart<BillingCycleWorkflow> {
  return {
    workflow: BILLING_CYCLE_WORKFLOW,
    workflowId: billingCycleWorkflowId(month.account_id, month.month),
    args: [month],
    runs: 'again',
    foundBy: { accounts: [month.account_id] },
    staticSummary: billingSummary(month),
  };
}
