/** Messages of `refund`, typed. */
import { defineQuery, defineSignal, defineUpdate } from '../message-definitions.ts';
import type { RefundProgress } from './refund.ts';

/** The refund has gone through, or has failed: the process reads the ledger. */
export const refundChangedSignal = defineSignal<[Pick<RefundProgress, 'status' | 'reason_code'>]>('changed');
/** Asks the provider now, not tomorrow; answers how the refund stands then. */
export const askRefundUpdate = defineUpdate<RefundProgress>('ask');
/** Has the process look at the ledger again; answers what it then knows. */
export const refreshRefundUpdate = defineUpdate<RefundProgress>('refresh');
export const refundStatusQuery = defineQuery<RefundProgress>('status');
