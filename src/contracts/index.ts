/**
 * `boon/contracts` and `boon-client/contracts`: what a backend needs to speak with Boon through Temporal or to read its
 * answers: the processes with their ids, inputs, messages and results, names, error codes, and the codec that reads what is
 * encrypted. Types of `@temporalio/common`, but none of its code; no zod and nothing that runs a service.
 */
export * from './act-on-gift.ts';
export * from './billing-messages.ts';
export * from './boon-codec.ts';
export * from './campaign.ts';
export * from './campaign-messages.ts';
export * from './claim-url.ts';
export * from './codec-error.ts';
export * from './errors.ts';
export * from './gift.ts';
export * from './gift-messages.ts';
export * from './invite-url.ts';
export * from './invoice.ts';
export * from './payment-case.ts';
export * from './purchase.ts';
export * from './purchase-messages.ts';
export * from './referral.ts';
export * from './referral-messages.ts';
export * from './refund.ts';
export * from './refund-messages.ts';
export * from './scopes.ts';
export * from './search-attribute-keys.ts';
export * from './stuck-item.ts';
export * from './temporal.ts';
