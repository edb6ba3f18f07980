/** Every workflow of Boon, by the name it is started under. */
export { billingCycle } from './billing/billing-cycle.ts';
export { campaign } from './campaigns/campaign.ts';
export { expiry } from './expiry.ts';
export { gift } from './gifts/gift.ts';
export { purchase } from './purchases/purchase.ts';
export { refund } from './purchases/refund.ts';
export { reconcile } from './reconcile.ts';
export { referral } from './referrals/referral.ts';
export { rewardWindow } from './referrals/reward-window.ts';
export { settlement } from './settlement.ts';
