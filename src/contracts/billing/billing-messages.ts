/** Messages of `billingCycle`, typed. */

import { defineQuery, defineUpdate } from '../message-definitions.ts';
import type { BillingCycleProgress } from './invoice.ts';

/** Has the process read the ledger; answers what was charged so far, or the invoice. */
export const refreshBillingUpdate = defineUpdate<BillingCycleProgress>('refresh');
export const billingStatusQuery = defineQuery<BillingCycleProgress>('status');
