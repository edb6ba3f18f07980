/**
 * `boon/contracts` and `boon-client/contracts`: what a backend needs to speak with Boon through Temporal or to read its
 * answers: the processes with their ids, inputs, messages and results, names, error codes, and the codec that reads what is
 * encrypted. Types of `@temporalio/common`, but none of its code; no zod and nothing that runs a service.
 */

export type { Credits } from '../domain/credits.ts';
export type { GiftReason } from '../domain/gift-reasons.ts';
export type {
  AccountId,
  CampaignId,
  GiftId,
  InvoiceId,
  LotId,
  PaymentCaseId,
  PurchaseId,
  ReferralId,
  RefundId,
  ResetId,
} from '../domain/ids.ts';
export type { Instant } from '../domain/instant.ts';
export type { ReferralReason } from '../domain/referral-status.ts';
export * from './accounts/scopes.ts';
export * from './billing/billing-messages.ts';
export * from './billing/invoice.ts';
export * from './campaigns/campaign.ts';
export * from './campaigns/campaign-messages.ts';
export * from './codec/boon-codec.ts';
export * from './codec/codec-error.ts';
export * from './error-codes.ts';
export * from './errors.ts';
export * from './gifts/act-on-gift.ts';
export * from './gifts/claim-url.ts';
export * from './gifts/gift.ts';
export * from './gifts/gift-messages.ts';
export * from './purchases/payment-case.ts';
export * from './purchases/purchase.ts';
export * from './purchases/purchase-messages.ts';
export * from './purchases/refund.ts';
export * from './purchases/refund-messages.ts';
export * from './referrals/invite-url.ts';
export * from './referrals/referral.ts';
export * from './referrals/referral-messages.ts';
export * from './search-attribute-keys.ts';
export * from './stuck-item.ts';
export * from './temporal.ts';
