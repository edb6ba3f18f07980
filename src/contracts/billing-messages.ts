/** Messages of `billingCycle`, typed. */
import type { BillingCycleProgress } from './invoice.ts';
import { defineQuery, defineUpdate } from './message-definitions.ts';

/** Has the process read the ledger; answers what was charged so far, or the invoice. */
export const refreshBillingUpdate = defineUpdate<BillingCycleProgress>('refresh');
export const billingStatusQuery = defineQuery<BillingCycleProgress>('status');
