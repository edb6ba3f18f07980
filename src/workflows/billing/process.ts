/**
 * One billing month of an organisation that is invoiced: waits for its end, closes it in the ledger, which writes the
 * invoice, hands that to the payment provider where there is one, and mails it. The ledger has it paid later, by the
 * provider's word or an operator's.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import { billingStatusQuery, refreshBillingUpdate } from '../../contracts/billing/billing-messages.ts';
import {
  type BillingCycleInput,
  type BillingCycleResult,
  type BillingCycleWorkflow,
  billingCycleWorkflowId,
} from '../../contracts/billing/invoice.ts';
import { onCancelRequest, REFUSED_SHAPE } from '../cancel-request.ts';
import { invalid } from '../refusal.ts';
import { instant, shapeFaults } from '../shape.ts';
import { versioned } from '../versioning.ts';
import { OpenBillingMonth } from './state.ts';

/** Started by `reconcile` after the month's first charge; its id says whose month and which. */
export async function billingCycle(input: BillingCycleInput): Promise<BillingCycleResult> {
  const month = new OpenBillingMonth(checked(input));
  handleMessages(month);
  // A cancellation requested of the workflow is refused; it must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(month));
}
// It waits for up to a month: it goes on under newer code.
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

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
function handleMessages(month: OpenBillingMonth): void {
  setHandler(billingStatusQuery, () => month.progress, {
    description: 'What the process knows of its billing month.',
  });
  setHandler(
    refreshBillingUpdate,
    () =>
      CancellationScope.nonCancellable(async () => {
        await month.look();
        return month.progress;
      }),
    { description: 'Reads the ledger: what was charged so far, or the invoice. No input.' },
  );
  onCancelRequest(() => month.refuseToCancel());
}

/** Throws the refusal of an input that is not the month of this workflow's id. */
function checked(input: BillingCycleInput | undefined): BillingCycleInput {
  const { account_id, month, ends_at } = input ?? {};
  const isMine = billingCycleWorkflowId(`${account_id}`, `${month}`) === workflowInfo().workflowId;
  if (input === undefined || !isMine || instant(ends_at) !== undefined)
    throw invalid([
      { path: 'input', message: 'must hold the organisation and the month of the workflow id' },
    ]);
  const faults = shapeFaults('input', input, REFUSED_SHAPE);
  if (faults.length > 0) throw invalid(faults);
  return input;
}
