/** Billing cycles' workflows as `reconcile` asks for them: which run, and starting one. */
import type { Client } from '@temporalio/client';
import type { BillingRuns } from '../../activities/billing/billing.ts';
import { billingSummary } from '../../contracts/billing/billing-card.ts';
import {
  BILLING_CYCLE_WORKFLOW,
  type BillingCycleWorkflow,
  billingCycleWorkflowId,
} from '../../contracts/billing/invoice.ts';
import { windowSearchAttributes } from '../../contracts/referrals/referral-search-attributes.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { startedAnew } from '../started-anew.ts';

export function billingRuns(client: Client, taskQueue: string): BillingRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),
    async start(month) {
      const workflowId = billingCycleWorkflowId(month.account_id, month.month);
      await startedAnew(client, workflowId, () =>
        client.workflow.start<BillingCycleWorkflow>(BILLING_CYCLE_WORKFLOW, {
          taskQueue,
          workflowId,
          args: [month],
          // One process at a time for each month; one that was terminated begins again from the ledger's word.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          typedSearchAttributes: windowSearchAttributes(month.account_id),
          staticSummary: billingSummary(month),
        }),
      );
    },
  };
}
