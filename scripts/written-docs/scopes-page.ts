import { EVERY_SCOPE, type Scope } from '../../src/contracts/accounts/scopes.ts';
import { page, table } from './page.ts';

const MEANINGS: Readonly<Record<Scope, string>> = {
  'accounts:read': 'Read accounts, balances, statements, limits and uses',
  'accounts:write': 'Create and change accounts, freeze and unfreeze them',
  'grants:write': 'Grant credits and banked resets',
  'gifts:read': 'Read gifts, and what an account may give',
  'gifts:write': 'Send, cancel and claim gifts, for any account',
  'gifts:operate': 'Hold, release, reject and reverse gifts: for operators',
  'referrals:read': 'Read referrals, programs, their reports, and who may invite',
  'referrals:write': 'Invite, resend, cancel, and report the use of a link',
  'referrals:operate': 'Take rewards back and raise a month’s cap: for operators',
  'activity:write': 'Report logins and prompts',
  'payloads:decode': 'Decode and encode what is encrypted in Temporal: reads every message and reason',
  'resets:read': 'Read banked resets',
  'resets:write': 'Redeem banked resets, for any account',
  'usage:write': 'Report uses, which charges accounts',
  'purchases:read': 'Read packages, purchases, refunds and automatic top-ups',
  'purchases:write': 'Begin purchases and set up automatic top-ups, for any account',
  'purchases:operate': 'Refund purchases and decide cases: for operators',
  'invoices:operate': 'Mark invoices as paid, credit and void them: for operators',
  'campaigns:read': 'Read campaigns, and what an account got of them',
  'campaigns:operate': 'Create, pause, resume and cancel campaigns: for operators',
  'policy:read': 'Read the policy in use',
  'stuck:operate': 'List what is stuck, and retry it: for operators',
  'keys:write': 'Create, rotate, list and revoke API keys, with no scope that this key lacks',
};

export function scopesPage(): string {
  const rows = Object.entries(MEANINGS).map(([scope, meaning]) => [`\`${scope}\``, meaning]);
  return page(
    'Scopes',
    [
      'What an API key may do. Each call needs one scope; without it the answer is `forbidden`, and `detail` names the scope.',
      'Give a service those that it needs and no others. End users’ tokens have no scopes: they reach their own account.',
    ],
    table(
      ['scope', 'a key with it may'],
      [...rows, [`\`${EVERY_SCOPE}\``, 'do everything, also what later versions add']],
    ),
  );
}
