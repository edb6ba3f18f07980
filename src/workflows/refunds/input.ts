/** Checks of what starts a refund's process. */
import { workflowInfo } from '@temporalio/workflow';
import { REFUND_STATUSES, type RefundInput, refundWorkflowId } from '../../contracts/purchases/refund.ts';
import { REFUSED_SHAPE } from '../cancel-request.ts';
import { invalid } from '../refusal.ts';
import { instant, isRecord, oneOf, orNull, type Shape, shapeFaults, text, whole } from '../shape.ts';

/** Throws the refusal of an input that is not the refund of this workflow's id. */
export function checkedRefund(input: RefundInput | undefined): RefundInput {
  const refund: unknown = isRecord(input) ? input.refund : undefined;
  if (!isRecord(refund) || refundWorkflowId(`${refund.id}`) !== workflowInfo().workflowId) {
    const message = 'must hold the refund of the workflow id; refunds go through the API';
    throw invalid([{ path: 'input', message }]);
  }
  const faults = [
    ...shapeFaults('refund', refund, REFUND_SHAPE),
    ...shapeFaults('input', input, {
      asked: orNull(whole),
      ask_at: orNull(instant),
      ...REFUSED_SHAPE,
    }),
  ];
  if (faults.length > 0) throw invalid(faults);
  return input as RefundInput;
}

const REFUND_SHAPE: Shape = {
  purchase_id: text,
  account_id: text,
  status: oneOf(REFUND_STATUSES),
  amount: whole,
  currency: text,
  reason_code: orNull(text),
};
