/**
 * `boon/contracts`: what a backend needs to speak with Boon through Temporal or to read its answers: the `gift`
 * workflow, its messages and ids, names, error codes. No zod and nothing that runs a service.
 */
export * from './campaign.ts';
export * from './campaign-messages.ts';
export * from './claim-url.ts';
export * from './errors.ts';
export * from './gift.ts';
export * from './gift-messages.ts';
export * from './gift-search-attributes.ts';
export * from './invite-url.ts';
export * from './referral.ts';
export * from './referral-messages.ts';
export * from './refund.ts';
export * from './scopes.ts';
export * from './temporal.ts';
