/** Messages of `purchase`, typed. */
import { defineQuery, defineSignal } from './message-definitions.ts';
import type { PurchaseProgress } from './purchase.ts';

/** The purchase was paid, or ended otherwise, or a payment does not fit it: the ledger's word. */
export const purchaseChangedSignal =
  defineSignal<[Pick<PurchaseProgress, 'status' | 'reason_code' | 'case'>]>('changed');
export const purchaseStatusQuery = defineQuery<PurchaseProgress>('status');
