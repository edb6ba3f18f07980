/**
 * One billing month of an organisation that is invoiced: waits for its end, closes it in the ledger, which writes the
 * invoice, hands that to the payment provider where there is one, and mails it. In the ledger it is paid later, when
 * the provider or an operator reports the payment.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type {
  BillingCycleInput,
  BillingCycleResult,
  BillingCycleWorkflow,
} from '../../contracts/billing/invoice.ts';
import { versioned } from '../versioning.ts';
import { checkedMonth } from './input.ts';
import { handleBillingMessages } from './messages.ts';
import { OpenBillingMonth } from './state.ts';

/** Started by `reconcile` after the month's first charge; its id says whose month and which. */
export async function billingCycle(input: BillingCycleInput): Promise<BillingCycleResult> {
  const month = new OpenBillingMonth(checkedMonth(input));
  handleBillingMessages(month);
  // A cancellation requested of the workflow is refused; it must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(month));
}
// It waits for up to a month: it continues under newer code.
setWorkflowOptions(versioned('AUTO_UPGRADE'), billingCycle);

async function untilItsEnd(month: OpenBillingMonth): Promise<BillingCycleResult> {
  if (!(await month.untilItsEnd())) {
    await condition(allHandlersFinished);
    await continueAsNew<BillingCycleWorkflow>(month.nextRun());
  }
  const result = await month.invoice();
  await condition(allHandlersFinished);
  return result;
}
