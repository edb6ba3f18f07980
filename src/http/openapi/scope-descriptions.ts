/** What each scope lets an API key do, as the OpenAPI document says it. */
import type { Scope } from '../../contracts/accounts/scopes.ts';

export const SCOPE_DESCRIPTIONS: Readonly<Record<Scope, string>> = {
  'accounts:read': 'read accounts, balances, statements, limits and uses',
  'accounts:write': 'make and change accounts',
  'grants:write': 'grant credits and resets',
  'gifts:read': 'read gifts',
  'gifts:write': 'give, cancel and claim gifts',
  'gifts:operate': 'hold, release, reject and reverse gifts',
  'referrals:read': 'read invitations, programs and their reports',
  'referrals:write': 'invite, say that a link was used, and cancel',
  'referrals:operate': 'claw rewards back and raise caps',
  'activity:write': 'report logins and prompts',
  'payloads:decode': 'decode and encode what is encrypted in Temporal: it reads every message and reason',
  'resets:read': 'list banked resets',
  'resets:write': 'redeem banked resets',
  'usage:write': 'charge uses',
  'purchases:read': 'read packages, purchases, refunds and top-ups',
  'purchases:write': 'buy, and consent to top-ups',
  'purchases:operate': 'refund purchases, correct them and close cases',
  'invoices:operate': 'mark invoices paid, credit and void them',
  'campaigns:read': 'read campaigns',
  'campaigns:operate': 'begin, pause, resume and cancel campaigns',
  'policy:read': 'read the policy in use',
  'stuck:operate': 'list stuck items and have them retried',
  'keys:write': 'make, list, rotate and revoke API keys',
};
