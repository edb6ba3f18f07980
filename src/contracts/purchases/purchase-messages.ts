/** Messages of `purchase`, typed. */
import { defineQuery, defineSignal, defineUpdate } from '../message-definitions.ts';
import type { PurchaseProgress } from './purchase.ts';

/** The purchase was paid, or ended otherwise, or a payment does not fit it: the process reads the ledger. */
export const purchaseChangedSignal =
  defineSignal<[Pick<PurchaseProgress, 'status' | 'reason_code' | 'case'>]>('changed');
/** Closes the page where it is paid; answers how the purchase stands then, or fails with why that cannot be. */
export const cancelPurchaseUpdate = defineUpdate<PurchaseProgress, [CancelPurchase?]>('cancel');
/** Has the process look at the ledger again; answers what it then knows. */
export const refreshPurchaseUpdate = defineUpdate<PurchaseProgress>('refresh');
export const purchaseStatusQuery = defineQuery<PurchaseProgress>('status');

/** Who, and why: it stands in the history. */
export type CancelPurchase = { reason?: string; by?: string };
