/** Every workflow of Boon, by the name it is started under. */
export { billingCycle } from './billing-cycle.ts';
export { campaign } from './campaign.ts';
export { expiry } from './expiry.ts';
export { gift } from './gift.ts';
export { purchase } from './purchase.ts';
export { reconcile } from './reconcile.ts';
export { referral } from './referral.ts';
export { refund } from './refund.ts';
export { rewardWindow } from './reward-window.ts';
export { settlement } from './settlement.ts';
