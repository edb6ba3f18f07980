/** What the OpenAPI document says of the API as a whole. */
import { SCOPE_DESCRIPTIONS } from './scope-descriptions.ts';

export const API_INFO = {
  title: 'Boon',
  version: '1',
  description: [
    'Credit gifts between accounts: screened, held for their settlement time and settled exactly once.',
    '',
    'Amounts are decimal strings of credits. Times are RFC 3339, in UTC. Every POST that changes something takes',
    'an `Idempotency-Key`, unless its body has an id: the same key and body get the same answer again, with',
    '`Idempotent-Replayed: true`. Errors are `application/problem+json` (RFC 9457) with a `code` from a closed list.',
  ].join('\n'),
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

export const TAG_DESCRIPTIONS = [
  { name: 'Accounts', description: 'Who owns credits, what they own, and what they may give' },
  { name: 'Grants', description: 'Credits that come into an account' },
  { name: 'Transfers', description: 'Gifts of credits, from their acceptance to their end' },
  {
    name: 'Referrals',
    description: 'Invitations of friends, from the mail to the reward, and the months that rewards come in',
  },
  {
    name: 'Resets',
    description: 'What a plan allows, what is used of it, and the banked resets that restore it',
  },
  {
    name: 'Purchases',
    description: 'Packages of credits and resets, their payment, and automatic top-ups',
  },
  { name: 'Invoices', description: 'What organisations are invoiced for uses of their members' },
  {
    name: 'Campaigns',
    description: 'Resets and credits for many accounts at once, each granted or excluded with a reason',
  },
  { name: 'API keys', description: 'Keys of the services that call this API' },
  { name: 'Operating', description: 'Health and metrics' },
] as const;

export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: [
      'A service’s API key. A call names the scope that the key needs; `*` is every scope.',
      '',
      ...Object.entries(SCOPE_DESCRIPTIONS).map(([scope, may]) => `- \`${scope}\`: ${may}`),
    ].join('\n'),
  },
  endUser: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An end user’s token of the operator’s identity provider; reaches only their own account',
  },
} as const;

/** Calls that take the id in a call's answer, by the call's operation id. */
export const NEXT_CALLS: Readonly<Record<string, readonly string[]>> = {
  putAccount: [
    'getAccount',
    'getBalance',
    'getStatement',
    'getGifting',
    'getEligibility',
    'getLimits',
    'listResets',
    'redeemReset',
  ],
  createTransfer: [
    'getTransfer',
    'cancelTransfer',
    'claimTransfer',
    'holdTransfer',
    'releaseTransfer',
    'rejectTransfer',
    'reverseTransfer',
  ],
  createReferral: ['getReferral', 'useReferralLink', 'resendReferral', 'cancelReferral', 'clawBackReferral'],
  createCampaign: ['getCampaign', 'getCampaignAccount', 'pauseCampaign', 'resumeCampaign', 'cancelCampaign'],
  createApiKey: ['rotateApiKey', 'revokeApiKey'],
};
