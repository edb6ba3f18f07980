/** Checks of what starts a billing month's process. */
import { workflowInfo } from '@temporalio/workflow';
import { type BillingCycleInput, billingCycleWorkflowId } from '../../contracts/billing/invoice.ts';
import { REFUSED_SHAPE } from '../cancel-request.ts';
import { invalid } from '../refusal.ts';
import { instant, shapeFaults } from '../shape.ts';

/** Throws the refusal of an input that is not the month of this workflow's id. */
export function checkedMonth(input: BillingCycleInput | undefined): BillingCycleInput {
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
