/** Every workflow of Boon, by the name it is started under. */
export { billingCycle } from './billing/process.ts';
export { campaign } from './campaigns/process.ts';
export { expiry } from './expiry.ts';
export { gift } from './gifts/process.ts';
export { purchase } from './purchases/process.ts';
export { reconcile } from './reconcile.ts';
export { referral } from './referrals/process.ts';
export { refund } from './refunds/process.ts';
export { rewardWindow } from './reward-windows/process.ts';
export { settlement } from './settlement.ts';
