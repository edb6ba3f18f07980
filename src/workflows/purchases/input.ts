/** Checks of what starts a purchase's process. */
import { workflowInfo } from '@temporalio/workflow';
import {
  PURCHASE_KINDS,
  PURCHASE_STATUSES,
  type PurchaseInput,
  purchaseWorkflowId,
} from '../../contracts/purchases/purchase.ts';
import { REFUSED_SHAPE } from '../cancel-request.ts';
import { invalid } from '../refusal.ts';
import { instant, isRecord, oneOf, orNull, type Shape, shapeFaults, text, whole } from '../shape.ts';

/** Throws the refusal of an input that is not the purchase of this workflow's id. */
export function checkedPurchase(input: PurchaseInput | undefined): PurchaseInput {
  const purchase: unknown = isRecord(input) ? input.purchase : undefined;
  if (!isRecord(purchase) || purchaseWorkflowId(`${purchase.id}`) !== workflowInfo().workflowId) {
    const message = 'must hold the purchase of the workflow id; purchases go through the API';
    throw invalid([{ path: 'input', message }]);
  }
  const faults = [
    ...shapeFaults('purchase', purchase, PURCHASE_SHAPE),
    ...shapeFaults('input', input, {
      asked: orNull(whole),
      ask_at: orNull(instant),
      ...REFUSED_SHAPE,
    }),
  ];
  if (faults.length > 0) throw invalid(faults);
  return input as PurchaseInput;
}

const PURCHASE_SHAPE: Shape = {
  account_id: text,
  kind: oneOf(PURCHASE_KINDS),
  status: oneOf(PURCHASE_STATUSES),
  package: text,
  expires_at: instant,
  reason_code: orNull(text),
};
