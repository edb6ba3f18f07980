/** Messages of `refund`, typed. */
import { defineQuery, defineSignal } from './message-definitions.ts';
import type { RefundProgress } from './refund.ts';

/** The refund has gone through, or has failed: the ledger's word. */
export const refundChangedSignal = defineSignal<[Pick<RefundProgress, 'status' | 'reason_code'>]>('changed');
export const refundStatusQuery = defineQuery<RefundProgress>('status');
